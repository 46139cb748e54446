import type { Hit, RoomId } from "restante-client";
import { useEffect, useState } from "preact/hooks";
import { Dialog } from "../common/dialog.tsx";
import { moveFocus } from "../common/roving.ts";
import { useDates, useNow, useSay, useSession } from "../context.tsx";
import { timeOf } from "../../state/rows.ts";

/** How long typing may pause before it is searched. */
const SEARCH_AFTER_MS = 180;

const MOST = 100;

interface SearchProps {
  /** In this room alone. */
  room: RoomId | null;
  onClose: () => void;
}

/** Finds words in messages and leads there. */
export function Search({ room, onClose }: SearchProps) {
  const say = useSay();
  const session = useSession();
  const [typed, setTyped] = useState("");
  const hits = useHits(typed, room);
  const jump = (hit: Hit) => {
    onClose();
    session.jump(hit.room, hit.id, hit.n);
  };
  return (
    <Dialog title={say("search.title")} look="bare" onClose={onClose}>
      <input
        class="switcher-input"
        type="search"
        dir="auto"
        autocomplete="off"
        aria-label={say("search.title")}
        placeholder={say(room === null ? "search.placeholder" : "search.placeholder_room")}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          const isOwn = event.key === "Escape" || event.key === "ArrowDown";
          if (!isOwn || event.isComposing) return;
          event.preventDefault();
          // Left to itself a browser would only empty the field.
          if (event.key === "Escape") onClose();
          else document.querySelector<HTMLElement>(".hit")?.focus();
        }}
      />
      <p class="field-hint" role="status">
        {hits === null
          ? ""
          : hits.length === 0
            ? say("search.nothing")
            : say("search.hits", { n: hits.length })}
      </p>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul class="hits" onKeyDown={(event) => moveFocus(event, event.currentTarget, ".hit")}>
        {(hits ?? []).map((hit) => (
          <li key={hit.id}>
            <HitRow hit={hit} typed={typed} isTitled={room === null} onChoose={() => jump(hit)} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** What was found; none before anything was typed. */
function useHits(typed: string, room: RoomId | null): readonly Hit[] | null {
  const session = useSession();
  const [hits, setHits] = useState<readonly Hit[] | null>(null);
  const wanted = typed.trim();
  useEffect(() => {
    if (wanted === "") {
      setHits(null);
      return;
    }
    let isOld = false;
    const timer = setTimeout(() => {
      const options = room === null ? { limit: MOST } : { room, limit: MOST };
      session.client.messages.search(wanted, options).then(
        (found) => {
          if (!isOld) setHits(found);
        },
        (error: unknown) => session.fail(error),
      );
    }, SEARCH_AFTER_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [wanted, room, session]);
  return hits;
}

interface HitRowProps {
  hit: Hit;
  typed: string;
  isTitled: boolean;
  onChoose: () => void;
}

function HitRow({ hit, typed, isTitled, onChoose }: HitRowProps) {
  const say = useSay();
  const dates = useDates();
  const now = useNow();
  const name = hit.own ? say("common.you") : hit.sender;
  const [before, found, after] = split(hit.snippet, typed.trim());
  return (
    <button type="button" class="hit" onClick={onChoose}>
      <span class="hit-line">
        <b dir="auto">{isTitled && hit.title !== name ? `${hit.title} · ${name}` : name}</b>
        <time dateTime={hit.sent_at}>{dates.brief(timeOf(hit), now)}</time>
      </span>
      <span class="hit-words" dir="auto">
        {before}
        <mark>{found}</mark>
        {after}
      </span>
    </button>
  );
}

/** A text before, at and behind the first place of what was searched for. */
export function split(text: string, wanted: string): readonly [string, string, string] {
  const at = wanted === "" ? -1 : text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0) return [text, "", ""];
  const end = at + wanted.length;
  return [text.slice(0, at), text.slice(at, end), text.slice(end)];
}
