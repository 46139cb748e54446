/** What a timeline looks like: its messages with days, notices and the line of what is new. */

import type { Message, Notice } from "restante-client";
import type { Timeline } from "./timeline.ts";

export type Row =
  | { readonly kind: "beginning"; readonly key: string }
  | { readonly kind: "day"; readonly key: string; readonly time: number }
  | { readonly kind: "unread"; readonly key: string }
  | { readonly kind: "notice"; readonly key: string; readonly notice: Notice }
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: Message;
      /** Whether name and picture stand above already. */
      readonly follows: boolean;
      /** Whether the next one belongs to it: the tail is at the last. */
      readonly goesOn: boolean;
    };

/** Messages of one person within it stand together. */
const TOGETHER_MS = 5 * 60_000;

/**
 * @param now - Milliseconds since 1970. Clocks of senders are not trusted to be ahead of it.
 */
export function rows(timeline: Timeline, now: number): readonly Row[] {
  const made: Row[] = [];
  if (timeline.loaded && timeline.atStart) made.push({ kind: "beginning", key: "beginning" });
  const notices = [...timeline.notices];
  let day = Number.NEGATIVE_INFINITY;
  let before: Message | null = null;
  let isMarked = false;
  const first = timeline.messages[0]?.n ?? Infinity;
  while (!timeline.atStart && notices[0] && notices[0].n < first) notices.shift();

  const addNotices = (below: number) => {
    while (notices[0] && notices[0].n < below) {
      const notice = notices.shift();
      if (!notice) break;
      made.push({ kind: "notice", key: `n:${notice.n}:${made.length}`, notice });
      before = null;
    }
  };

  for (const message of timeline.messages) {
    addNotices(message.n ?? Infinity);
    const time = Math.min(timeOf(message), now);
    const ofMessage = startOfDay(time);
    if (ofMessage > day) {
      day = ofMessage;
      made.push({ kind: "day", key: `d:${ofMessage}`, time });
      before = null;
    }
    if (!isMarked && timeline.firstUnread !== null && (message.n ?? 0) >= timeline.firstUnread) {
      isMarked = true;
      made.push({ kind: "unread", key: "unread" });
      before = null;
    }
    const follows = before !== null && areTogether(before, message);
    const last = made.at(-1);
    if (follows && last?.kind === "message") made[made.length - 1] = { ...last, goesOn: true };
    made.push({ kind: "message", key: `m:${message.id}`, message, follows, goesOn: false });
    before = message;
  }
  addNotices(Infinity);
  return made;
}

/** When a message says that it was sent. */
export function timeOf(message: Pick<Message, "sent_at">): number {
  const time = Date.parse(message.sent_at);
  return Number.isNaN(time) ? 0 : time;
}

/** Midnight in the reader's zone. */
export function startOfDay(time: number): number {
  const day = new Date(time);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

function areTogether(a: Message, b: Message): boolean {
  return a.sender === b.sender && Math.abs(timeOf(b) - timeOf(a)) < TOGETHER_MS;
}
