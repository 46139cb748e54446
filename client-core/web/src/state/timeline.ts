/**
 * The part of a room's history that is on screen: which messages, in which order, where the reader's
 * mark stands. Owns merging of what arrives; never reads anything itself.
 */

import type { Message, MessageId, Notice, Room, RoomId } from "restante-client";

export interface Timeline {
  readonly room: RoomId;
  /** Whether the first page was read. */
  readonly loaded: boolean;
  /** By number; queued ones last, in the order in which they were said. */
  readonly messages: readonly Message[];
  readonly notices: readonly Notice[];
  /** Nothing lies before the first message. */
  readonly atStart: boolean;
  /** Nothing lies behind the last one: what arrives is added. */
  readonly atEnd: boolean;
  /** Number of the first message that was unread when the room was opened. */
  readonly firstUnread: number | null;
  /** Where the view should go when it shows this for the first time. */
  readonly goal: Goal;
  /** Counts jumps, so that the same goal can be asked for twice. */
  readonly jump: number;
}

/** A place of a timeline. */
export type Goal = { to: "end" } | { to: "unread" } | { to: "message"; id: MessageId; n: number };

/** Messages kept at most: pages at the other end go when more is read. */
export const MAX_KEPT = 600;

export function openedTimeline(room: RoomId, goal: Goal, jump: number): Timeline {
  return {
    room,
    loaded: false,
    messages: [],
    notices: [],
    atStart: false,
    atEnd: false,
    firstUnread: null,
    goal,
    jump,
  };
}

/** A page of history, and what is known of its ends. */
export interface Page {
  readonly messages: readonly Message[];
  readonly notices: readonly Notice[];
  readonly atStart?: boolean;
  readonly atEnd?: boolean;
}

/** The first page, with what arrived while it was read. */
export function firstPage(timeline: Timeline, page: Page, room: Room | undefined): Timeline {
  const read = {
    ...timeline,
    loaded: true,
    messages: merge([], page.messages),
    notices: mergeNotices([], page.notices),
    atStart: page.atStart ?? timeline.atStart,
    atEnd: page.atEnd ?? timeline.atEnd,
  };
  const whole = changed(read, timeline.messages, timeline.notices, new Set());
  const unread = firstUnread(whole.messages, room?.unread ?? 0);
  return { ...whole, firstUnread: timeline.firstUnread ?? unread };
}

/** An older or newer page. What lies too far at the other end is let go. */
export function addPage(timeline: Timeline, page: Page, side: "older" | "newer"): Timeline {
  const all = merge(timeline.messages, page.messages);
  const isTooMuch = all.length > MAX_KEPT;
  const messages = !isTooMuch
    ? all
    : side === "older"
      ? all.slice(0, MAX_KEPT)
      : all.slice(all.length - MAX_KEPT);
  return {
    ...timeline,
    messages,
    notices: mergeNotices(timeline.notices, page.notices),
    atStart: (page.atStart ?? timeline.atStart) && !(isTooMuch && side === "newer"),
    atEnd: (page.atEnd ?? timeline.atEnd) && !(isTooMuch && side === "older"),
  };
}

/** What arrived, changed or vanished while the room is open. */
export function changed(
  timeline: Timeline,
  messages: readonly Message[],
  notices: readonly Notice[],
  gone: ReadonlySet<MessageId>,
): Timeline {
  if (!timeline.loaded) {
    // The page that is being read may be older than these: they are kept for it.
    const waiting = merge(timeline.messages, messages).filter(({ id }) => !gone.has(id));
    return { ...timeline, messages: waiting, notices: mergeNotices(timeline.notices, notices) };
  }
  const known = new Set(timeline.messages.map((message) => message.id));
  const last = lastNumber(timeline.messages);
  const first = timeline.messages.find((message) => message.n !== null)?.n ?? 0;
  const isHere = (message: Message) =>
    known.has(message.id) ||
    (message.n === null
      ? timeline.atEnd
      : (message.n > first || timeline.atStart) && (message.n < last || timeline.atEnd));
  const fitting = messages.filter(isHere);
  const merged = merge(timeline.messages, fitting);
  return {
    ...timeline,
    messages: gone.size === 0 ? merged : merged.filter((message) => !gone.has(message.id)),
    notices: timeline.atEnd ? mergeNotices(timeline.notices, notices) : timeline.notices,
  };
}

/** Highest number that is here. */
export function lastNumber(messages: readonly Message[]): number {
  return messages.findLast((message) => message.n !== null)?.n ?? 0;
}

/** Of so many unread messages of others, the number of the first that is here. */
function firstUnread(messages: readonly Message[], unread: number): number | null {
  let left = unread;
  let found: number | null = null;
  for (const message of messages.toReversed()) {
    if (left === 0) break;
    if (message.own || message.n === null) continue;
    found = message.n;
    left -= 1;
  }
  return found;
}

function merge(had: readonly Message[], news: readonly Message[]): readonly Message[] {
  if (news.length === 0) return had;
  const byId = new Map(had.map((message) => [message.id, message]));
  for (const message of news) byId.set(message.id, message);
  // Stable, and a map keeps the first place of a key: queued ones stay in the order of saying.
  return [...byId.values()].sort(byNumber);
}

function mergeNotices(had: readonly Notice[], news: readonly Notice[]): readonly Notice[] {
  if (news.length === 0) return had;
  const key = (notice: Notice) => `${notice.n}/${notice.kind}/${notice.people.join()}`;
  const byKey = new Map([...had, ...news].map((notice) => [key(notice), notice]));
  return [...byKey.values()].sort((a, b) => a.n - b.n);
}

function byNumber(a: Message, b: Message): number {
  return (a.n ?? Infinity) - (b.n ?? Infinity) || 0;
}
