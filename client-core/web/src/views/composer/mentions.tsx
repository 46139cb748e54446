import type { Room } from "restante-client";
import { useState } from "preact/hooks";
import type { Mention } from "../../state/mentions.ts";
import { complete, mentionAt } from "../../state/mentions.ts";
import { useSay } from "../context.tsx";

interface MentionListProps {
  id: string;
  names: readonly string[];
  chosen: number;
  onChoose: (name: string) => void;
}

/** Names that fit what is being typed; the keys are those of the line below, which keeps the focus. */
export function MentionList({ id, names, chosen, onChoose }: MentionListProps) {
  const say = useSay();
  return (
    <ul id={id} class="mentions" role="listbox" aria-label={say("new.members")}>
      {names.map((name, at) => (
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <li
          key={name}
          id={`${id}-${at}`}
          role="option"
          tabIndex={-1}
          class="switcher-chat"
          dir="auto"
          aria-selected={at === chosen}
          onMouseDown={(event) => {
            event.preventDefault();
            onChoose(name);
          }}
        >
          {name}
        </li>
      ))}
    </ul>
  );
}

/** Names offered while `@` is being typed in a group. */
export function useMentions(room: Room, input: { current: HTMLTextAreaElement | null }) {
  const [offered, setOffered] = useState<Mention | null>(null);
  const [chosen, setChosen] = useState(0);
  const names = offered?.names ?? [];
  return {
    names,
    chosen,
    close: () => setOffered(null),
    look: (area: HTMLTextAreaElement) => {
      const people = room.direct ? [] : room.participants.map(({ username }) => username);
      setOffered(mentionAt(area.value, area.selectionStart, people));
      setChosen(0);
    },
    /** A name where the key chose one, null where it only moved, undefined where it is none of ours. */
    key: (key: string): string | null | undefined => {
      if (names.length === 0) return undefined;
      if (key === "Enter" || key === "Tab") return names[chosen];
      if (key === "Escape") setOffered(null);
      else if (key === "ArrowDown") setChosen((chosen + 1) % names.length);
      else if (key === "ArrowUp") setChosen((chosen + names.length - 1) % names.length);
      else return undefined;
      return null;
    },
    take: (text: string, name: string) => {
      setOffered(null);
      const cursor = input.current?.selectionStart ?? text.length;
      return offered === null ? null : complete(text, cursor, offered, name);
    },
  };
}
