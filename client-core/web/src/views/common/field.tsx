import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | null | undefined;
  value: string;
  onValue: (value: string) => void;
  /** Stands at the end of the line. */
  after?: ComponentChildren;
  type?: "text" | "password" | "search";
  name?: string;
  autocomplete?: string;
  autocapitalize?: "none";
  spellcheck?: boolean;
  required?: boolean;
  placeholder?: string;
  class?: string;
}

/** A line to type into, with its label, hint and error. */
export function Field({ label, hint, error, value, onValue, after, ...rest }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-line">
        <input
          dir="auto"
          {...(rest as InputHTMLAttributes<HTMLInputElement>)}
          id={id}
          value={value}
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
        {after}
      </div>
      {note && (
        <p
          id={`${id}-note`}
          class={error ? "field-error" : "field-hint"}
          role={error ? "alert" : undefined}
        >
          {note}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onValue: (value: T) => void;
  disabled?: boolean;
}

/** One of a few. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onValue,
  disabled,
}: ChoiceProps<T>) {
  const id = useId();
  return (
    <div class="choice">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled ?? false}
        onChange={(event) => onValue(event.currentTarget.value as T)}
      >
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
