/** What pages and their service worker say to each other. */

/** Said by a page. */
export type ToWorker =
  /** The person wants the version that waits. */
  { kind: "take_over" };

/** Said to a page. */
export type ToPage =
  /** Something arrived: is there anything to tell of? The answer is a `News` by the port. */
  | { kind: "news?" }
  /** The person has chosen a notification. */
  | { kind: "open"; room: string | null };

/** What a page that is open, but not looked at, knows about what arrived. */
export interface News {
  /** Whether the person wants to be told: rooms that are muted do not count. */
  readonly tell: boolean;
  /** Where it is, if it is one room. */
  readonly room: string | null;
}

/** Words of a notification, which a page keeps in the person's language. Nothing of a message. */
export interface Words {
  readonly title: string;
  readonly body: string;
  readonly lang: string;
}

/** Where a page keeps the words. */
export const WORDS_CACHE = "words";
export const WORDS_PATH = "/notification-words";

/** Where a page is opened at a room. */
export const ROOM_HASH = "#room=";
