import { X } from "lucide";
import type { Message, MessageId, Room } from "restante-client";
import { messageWords } from "../chats/summary.ts";
import { IconButton } from "../common/button.tsx";
import { useSay, useView } from "../context.tsx";

/** What is answered or edited. */
export function About({
  room,
  reply,
  editing,
  onCancel,
}: {
  room: Room;
  reply: MessageId | null;
  editing: Message | null;
  onCancel: () => void;
}) {
  const say = useSay();
  const answered = useView((state) =>
    reply === null || state.timeline?.room !== room.id
      ? null
      : (state.timeline.messages.find((message) => message.id === reply) ?? null),
  );
  const about = editing ?? answered;
  if (!editing && reply === null) return null;
  const title = editing
    ? say("composer.editing")
    : say("composer.replying", {
        name: answered?.own ? say("common.you") : (answered?.sender ?? ""),
      });
  return (
    <div class="composer-about">
      <p>
        <b dir="auto">{title}</b>
        <span dir="auto">{about ? messageWords(about, say) : say("message.original_gone")}</span>
      </p>
      <IconButton
        icon={X}
        size={18}
        label={say(editing ? "composer.cancel_edit" : "composer.cancel_reply")}
        onClick={onCancel}
      />
    </div>
  );
}
