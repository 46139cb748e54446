import { Check, CheckCheck, CircleAlert, CircleQuestionMark, Clock } from "lucide";
import type { IconNode } from "lucide";
import type { MessageState } from "restante-client";
import { Icon } from "../common/icon.tsx";
import { useSay } from "../context.tsx";

type Own = Exclude<MessageState, "received">;

const DRAWINGS: Record<Own, IconNode> = {
  queued: Clock,
  sent: Check,
  delivered: CheckCheck,
  read: CheckCheck,
  failed: CircleAlert,
  unknown: CircleQuestionMark,
};

/** How far an own message has come, as a drawing and in words. */
export function Ticks({ state }: { state: MessageState }) {
  const say = useSay();
  if (state === "received") return null;
  const words = say(`state.${state}`);
  return (
    <span class={`ticks ticks-${state}`} role="img" aria-label={words} title={words}>
      <Icon of={DRAWINGS[state]} size={15} />
    </span>
  );
}
