import { useEffect, useRef, useState } from "preact/hooks";
import { messageWords } from "../chats/summary.ts";
import { useSay, useView } from "../context.tsx";

/** Reads new messages of others aloud, once, wherever the focus is. */
export function Announcer() {
  const say = useSay();
  const latest = useView((state) => state.latest);
  const rooms = useView((state) => state.rooms);
  const heard = useRef(latest);
  const [words, setWords] = useState("");
  useEffect(() => {
    const before = heard.current;
    heard.current = latest;
    for (const [room, message] of latest) {
      const old = before.get(room);
      if (old === message || message.own || message.muted || message.n === null) continue;
      // The first time a room is read nothing is news.
      if (!old || (old.n ?? 0) >= message.n) continue;
      const title = rooms.get(room)?.title ?? "";
      const name = title === message.sender ? title : `${title}, ${message.sender}`;
      setWords(say("timeline.said", { name, text: messageWords(message, say) }));
    }
  }, [latest, rooms, say]);
  return (
    <div class="hidden-label" aria-live="polite">
      {words}
    </div>
  );
}
