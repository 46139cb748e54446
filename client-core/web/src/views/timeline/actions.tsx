import { Copy, Ellipsis, Pencil, Reply, RotateCw, SmilePlus, Trash2 } from "lucide";
import type { Message } from "restante-client";
import { useRef, useState } from "preact/hooks";
import { IconButton } from "../common/button.tsx";
import { Confirm } from "../common/dialog.tsx";
import { EmojiPopover } from "../common/emoji.tsx";
import type { MenuItem } from "../common/menu.tsx";
import { Menu, Popover } from "../common/menu.tsx";
import { moveFocus } from "../common/roving.ts";
import { composerOf } from "../composer/handle.ts";
import { useSay, useSession } from "../context.tsx";

/** Said most. */
export const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"] as const;

/** What can be done with a message: beside it, when the pointer or the focus is there. */
export function MessageActions({ message }: { message: Message }) {
  const say = useSay();
  const session = useSession();
  const [isDeleting, setDeleting] = useState(false);
  const isThere = message.n !== null;
  return (
    <div class="message-actions">
      {isThere && <ReactButton message={message} />}
      {isThere && (
        <IconButton
          icon={Reply}
          size={18}
          label={say("message.reply")}
          onClick={() => composerOf(message.room)?.reply(message)}
        />
      )}
      <Menu
        icon={Ellipsis}
        size={18}
        label={say("message.actions")}
        items={useItems(message, () => setDeleting(true))}
      />
      {isDeleting && (
        <Confirm
          title={say("common.delete")}
          text={say("message.delete_sure")}
          action={say("common.delete")}
          onClose={() => setDeleting(false)}
          onConfirm={() =>
            void session.carryOut(() => session.client.messages.delete(message.room, message.id))
          }
        />
      )}
    </div>
  );
}

function useItems(message: Message, onDelete: () => void): MenuItem[] {
  const say = useSay();
  const session = useSession();
  const items: MenuItem[] = [];
  const { text } = message;
  if (message.n !== null) {
    items.push({
      label: say("message.reply"),
      icon: Reply,
      onChoose: () => composerOf(message.room)?.reply(message),
    });
  }
  if (text !== "") {
    items.push({
      label: say("message.copy"),
      icon: Copy,
      onChoose: () => void session.carryOut(() => navigator.clipboard.writeText(text)),
    });
  }
  if (!message.own) return items;
  if (message.state === "failed") {
    items.push({
      label: say("message.send_again"),
      icon: RotateCw,
      onChoose: () => void session.sendAgain(message),
    });
  }
  if (message.n !== null && text !== "") {
    items.push({
      label: say("message.edit"),
      icon: Pencil,
      onChoose: () => composerOf(message.room)?.edit(message),
    });
  }
  items.push({ label: say("message.delete"), icon: Trash2, danger: true, onChoose: onDelete });
  return items;
}

/** Six at hand, and all others. */
function ReactButton({ message }: { message: Message }) {
  const say = useSay();
  const session = useSession();
  const button = useRef<HTMLButtonElement>(null);
  const [shown, setShown] = useState<"none" | "quick" | "all">("none");
  const react = (emoji: string) => {
    setShown("none");
    const { messages } = session.client;
    const had = message.reactions.find((reaction) => reaction.emoji === emoji);
    void session.carryOut(() =>
      had?.own
        ? messages.unreact(message.room, message.id, emoji)
        : messages.react(message.room, message.id, emoji),
    );
  };
  return (
    <>
      <IconButton
        icon={SmilePlus}
        size={18}
        label={say("message.react")}
        buttonRef={button}
        aria-haspopup="dialog"
        aria-expanded={shown !== "none"}
        onClick={() => setShown(shown === "none" ? "quick" : "none")}
      />
      {shown === "quick" && (
        <Popover anchor={button.current} onClose={() => setShown("none")}>
          <div
            class="quick-reactions"
            role="toolbar"
            tabIndex={-1}
            aria-label={say("message.react")}
            onKeyDown={(event) => {
              const keys: Record<string, string> = {
                ArrowRight: "ArrowDown",
                ArrowLeft: "ArrowUp",
              };
              const key = keys[event.key] ?? event.key;
              moveFocus(
                {
                  key,
                  preventDefault: () => event.preventDefault(),
                  stopPropagation: () => event.stopPropagation(),
                },
                event.currentTarget,
                "button",
              );
            }}
          >
            {QUICK.map((emoji) => (
              <button key={emoji} type="button" class="quick" onClick={() => react(emoji)}>
                {emoji}
              </button>
            ))}
            <IconButton
              icon={SmilePlus}
              size={18}
              label={say("message.react_more")}
              onClick={() => setShown("all")}
            />
          </div>
        </Popover>
      )}
      {shown === "all" && (
        <EmojiPopover anchor={button.current} onChoose={react} onClose={() => setShown("none")} />
      )}
    </>
  );
}
