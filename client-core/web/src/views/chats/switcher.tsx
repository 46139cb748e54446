import { useRef, useState } from "preact/hooks";
import { findChats } from "../../state/chats.ts";
import { RoomAvatar } from "../common/avatar.tsx";
import { Dialog } from "../common/dialog.tsx";
import { target } from "../common/roving.ts";
import { useNow, useSay, useSession } from "../context.tsx";
import { useChats } from "./list.tsx";

/** Rooms offered at once. */
const SHOWN = 12;

/** Goes to a chat by a few letters of its name. */
export function Switcher({ onClose }: { onClose: () => void }) {
  const say = useSay();
  const session = useSession();
  const all = useChats(useNow());
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const found = findChats(all, typed).slice(0, SHOWN);
  const chosen = Math.min(at, Math.max(0, found.length - 1));
  const open = (place: number) => {
    const chat = found[place];
    if (!chat) return;
    onClose();
    void session.open(chat.room.id);
  };
  return (
    <Dialog title={say("switcher.title")} look="bare" onClose={onClose}>
      <input
        class="switcher-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="switcher-list"
        aria-activedescendant={found[chosen] ? `switcher-${chosen}` : undefined}
        aria-label={say("switcher.title")}
        placeholder={say("switcher.placeholder")}
        dir="auto"
        autocomplete="off"
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.isComposing) return;
          const to = target(event.key, chosen, found.length);
          if (event.key === "Enter") open(chosen);
          else if (to === null || event.key === "Home" || event.key === "End") return;
          else setAt(to);
          event.preventDefault();
        }}
      />
      <ul
        ref={list}
        id="switcher-list"
        class="switcher-list"
        role="listbox"
        aria-label={say("chats.list")}
      >
        {found.map((chat, place) => (
          // The keys are those of the line above, which keeps the focus.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={chat.room.id}
            id={`switcher-${place}`}
            role="option"
            tabIndex={-1}
            class="switcher-chat"
            aria-selected={place === chosen}
            onClick={() => open(place)}
          >
            <RoomAvatar room={chat.room} size="small" />
            <span dir="auto">{chat.room.title}</span>
            {chat.room.unread > 0 && <span class="badge">{chat.room.unread}</span>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="field-hint">{say("switcher.nothing")}</p>}
    </Dialog>
  );
}
