import { ArrowDown } from "lucide";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Virtualizer } from "virtua";
import type { VirtualizerHandle } from "virtua";
import type { Row } from "../../state/rows.ts";
import { rows as rowsOf } from "../../state/rows.ts";
import type { Timeline as TimelineState } from "../../state/timeline.ts";
import { IconButton } from "../common/button.tsx";
import { target } from "../common/roving.ts";
import { useNow, useSay, useSession, useView } from "../context.tsx";
import { TimelineRow } from "./row.tsx";

/** Closer to the end than this, the view stays at the end. */
const NEAR_END_PX = 60;

/** The next page is read when less than this is left. */
const READ_AHEAD_PX = 900;

/** A movement so soon after a wheel, a finger or a key is by the person. */
const BY_HAND_MS = 1000;

/** How long a message that was jumped to stands out. */
const FLASH_MS = 1800;

/**
 * The messages of the open room. What is being read never moves: older pages are added above it,
 * pictures have their size from the start, and the end is followed only by who is there.
 */
export function Timeline({ timeline }: { timeline: TimelineState }) {
  const say = useSay();
  const session = useSession();
  const now = useNow();
  const rows = useMemo(() => rowsOf(timeline, now), [timeline, now]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const isFollowing = useRef(true);
  const isReading = useRef(false);
  const movedAt = useRef(0);
  const isPrepended = usePrepended(rows);
  const flashed = useGoal(timeline, rows, list, isFollowing);

  const look = useCallback(() => {
    const handle = list.current;
    if (!handle || !timeline.loaded) return;
    const left = handle.scrollSize - handle.scrollOffset - handle.viewportSize;
    const atEnd = timeline.atEnd && left < NEAR_END_PX;
    // Sizes that become known move the view, too: only the person leaves the end.
    if (atEnd) isFollowing.current = true;
    else if (performance.now() - movedAt.current < BY_HAND_MS) isFollowing.current = false;
    setAtEnd(atEnd || (timeline.atEnd && isFollowing.current));
    markSeen(rows, handle, (n) => session.sawUpTo(timeline.room, n));
    const side =
      !timeline.atStart && handle.scrollOffset < READ_AHEAD_PX
        ? "older"
        : !timeline.atEnd && left < READ_AHEAD_PX
          ? "newer"
          : null;
    if (side === null || isReading.current) return;
    isReading.current = true;
    void session.read(side).finally(() => {
      isReading.current = false;
    });
  }, [rows, session, timeline]);

  // Stay at the end when something is added there.
  useLayoutEffect(() => {
    if (isFollowing.current && rows.length > 0 && !isPrepended) {
      list.current?.scrollToIndex(rows.length - 1, { align: "end" });
    }
  }, [rows, isPrepended]);
  useEffect(() => {
    look();
    // Who comes back to the window has seen what is in it.
    window.addEventListener("focus", look);
    return () => window.removeEventListener("focus", look);
  }, [look]);

  const byHand = () => {
    movedAt.current = performance.now();
  };
  const toEnd = () => {
    isFollowing.current = true;
    if (!timeline.atEnd) void session.open(timeline.room, { to: "end" });
    else list.current?.scrollToIndex(rows.length - 1, { align: "end" });
  };
  return (
    <div class="timeline">
      {/* The messages take the focus; the feed hears their arrow keys and how it is moved. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        class="timeline-scroll"
        role="feed"
        aria-label={say("timeline.label")}
        aria-busy={!timeline.loaded}
        onWheel={byHand}
        onTouchMove={byHand}
        onPointerDown={byHand}
        onKeyDown={(event) => {
          byHand();
          moveBetween(event, rows, list.current, scroller.current);
        }}
      >
        <div class="timeline-space" />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          shift={isPrepended}
          bufferSize={400}
          onScroll={look}
          onResize={() => {
            if (isFollowing.current) list.current?.scrollToIndex(rows.length - 1, { align: "end" });
          }}
        >
          {rows.map((row, at) => (
            <TimelineRow
              key={row.key}
              row={row}
              isStop={at === rows.length - 1}
              isFlashed={row.key === flashed}
            />
          ))}
        </Virtualizer>
      </div>
      {timeline.loaded && !isAtEnd && <ToEnd room={timeline.room} onClick={toEnd} />}
    </div>
  );
}

function ToEnd({ room, onClick }: { room: TimelineState["room"]; onClick: () => void }) {
  const say = useSay();
  const unread = useView((state) => state.rooms.get(room)?.unread ?? 0);
  const label = unread > 0 ? say("timeline.to_end_count", { n: unread }) : say("timeline.to_end");
  return (
    <div class="to-end">
      <IconButton icon={ArrowDown} label={label} onClick={onClick} />
      {unread > 0 && (
        <span class="badge" aria-hidden="true">
          {unread}
        </span>
      )}
    </div>
  );
}

/** Whether this drawing adds rows above those of the last one. */
function usePrepended(rows: readonly Row[]): boolean {
  const before = useRef<readonly Row[]>([]);
  const isPrepended = useMemo(() => {
    const first = before.current.find((row) => row.kind === "message");
    const last = before.current.at(-1);
    const isSameEnd = last !== undefined && rows.at(-1)?.key === last.key;
    return first !== undefined && isSameEnd && rows.length > before.current.length;
  }, [rows]);
  useLayoutEffect(() => {
    before.current = rows;
  }, [rows]);
  return isPrepended;
}

/** Goes where the room was opened for, once its first page is here; gives the row to point out. */
function useGoal(
  timeline: TimelineState,
  rows: readonly Row[],
  list: { current: VirtualizerHandle | null },
  isFollowing: { current: boolean },
): string | null {
  const reached = useRef(0);
  const [flashed, setFlashed] = useState<string | null>(null);
  const { goal, jump, loaded } = timeline;
  useLayoutEffect(() => {
    if (!loaded || reached.current === jump || !list.current) return;
    reached.current = jump;
    const unread = rows.findIndex((row) => row.kind === "unread");
    const at = goal.to === "message" ? rows.findIndex((row) => row.key === `m:${goal.id}`) : unread;
    if (goal.to === "end" || at < 0) {
      isFollowing.current = true;
      list.current.scrollToIndex(rows.length - 1, { align: "end" });
      return;
    }
    isFollowing.current = false;
    list.current.scrollToIndex(at, { align: goal.to === "message" ? "center" : "start" });
    if (goal.to === "message") setFlashed(`m:${goal.id}`);
  }, [goal, jump, loaded, rows, list, isFollowing]);
  useEffect(() => {
    if (flashed === null) return;
    const timer = setTimeout(() => setFlashed(null), FLASH_MS);
    return () => clearTimeout(timer);
  }, [flashed]);
  return flashed;
}

/** Tells the highest number that is in view, if somebody looks. */
function markSeen(rows: readonly Row[], handle: VirtualizerHandle, saw: (n: number) => void): void {
  if (document.visibilityState !== "visible" || !document.hasFocus()) return;
  const last = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - 8);
  for (let at = Math.min(last, rows.length - 1); at >= 0; at -= 1) {
    const row = rows[at];
    if (row?.kind === "message" && row.message.n !== null) {
      saw(row.message.n);
      return;
    }
  }
}

/** Arrow keys go from message to message, also to those that are not drawn yet. */
function moveBetween(
  event: KeyboardEvent,
  rows: readonly Row[],
  list: VirtualizerHandle | null,
  scroller: HTMLElement | null,
): void {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !focused.matches("[data-row]") || !list) return;
  const places = rows.flatMap((row, at) => (row.kind === "message" ? [at] : []));
  const at = places.findIndex((place) => rows[place]?.key === focused.dataset["row"]);
  const to = target(event.key, at, places.length);
  const place = to === null ? undefined : places[to];
  if (place === undefined) return;
  event.preventDefault();
  list.scrollToIndex(place, { align: "nearest" });
  requestAnimationFrame(() => {
    const key = CSS.escape(rows[place]?.key ?? "");
    scroller?.querySelector<HTMLElement>(`[data-row="${key}"]`)?.focus({ preventScroll: true });
  });
}
