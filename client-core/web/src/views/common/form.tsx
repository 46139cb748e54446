import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { sayError } from "../../i18n/index.ts";
import { codeOf } from "../../session/errors.ts";
import { useSay } from "../context.tsx";

interface FormProps {
  onSubmit: () => void;
  children: ComponentChildren;
}

/** Fields below each other, and what is done with them. */
export function Form({ onSubmit, children }: FormProps) {
  return (
    <form
      class="card-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

/** Does what a form is for, whose error is shown where it was asked for. Once done, the form goes. */
export function useAttempt() {
  const say = useSay();
  const [code, setCode] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setCode(null);
    try {
      await work();
    } catch (error) {
      setCode(codeOf(error));
      setBusy(false);
    }
  };
  return {
    /** The code of what went wrong the last time. */
    code,
    /** The same in words. */
    error: code === null ? null : sayError(say, code),
    isBusy,
    run,
    /** What was typed is another now. */
    forget: () => setCode(null),
  };
}
