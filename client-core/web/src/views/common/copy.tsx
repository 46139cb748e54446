import { Check, Copy } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { useSay, useSession } from "../context.tsx";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

/** Copies a text and says so. */
export function CopyButton({ text }: { text: string }) {
  const say = useSay();
  const session = useSession();
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setDone(true),
      (error: unknown) => session.fail(error),
    );
  return (
    <Button look="quiet" onClick={() => void copy()}>
      <Icon of={isDone ? Check : Copy} size={16} />
      <span aria-live="polite">{say(isDone ? "common.copied" : "common.copy")}</span>
    </Button>
  );
}
