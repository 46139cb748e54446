import type { IconNode } from "lucide";
import type { ComponentChildren, JSX, Ref } from "preact";
import { Icon } from "./icon.tsx";

type ButtonProps = Omit<JSX.IntrinsicElements["button"], "icon" | "ref"> & {
  look?: "primary" | "quiet" | "danger" | "plain";
  busy?: boolean;
  children: ComponentChildren;
};

export function Button({ look = "plain", busy = false, children, ...rest }: ButtonProps) {
  const isOff = busy || rest.disabled === true;
  return (
    <button
      type="button"
      {...rest}
      class={`button button-${look}`}
      disabled={isOff}
      aria-busy={busy}
    >
      {busy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

type IconButtonProps = Omit<JSX.IntrinsicElements["button"], "icon" | "label" | "ref"> & {
  icon: IconNode;
  label: string;
  size?: number;
  buttonRef?: Ref<HTMLButtonElement>;
};

/** A button of a drawing; the label is read aloud and shown on hover. */
export function IconButton({ icon, label, size = 20, buttonRef, ...rest }: IconButtonProps) {
  const extra = typeof rest.class === "string" ? ` ${rest.class}` : "";
  return (
    <button
      type="button"
      {...rest}
      ref={buttonRef ?? null}
      class={`icon-button${extra}`}
      aria-label={label}
      title={label}
    >
      <Icon of={icon} size={size} />
    </button>
  );
}
