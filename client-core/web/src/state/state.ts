/**
 * What the screen shows, as one value. Owns the shape; how events change it is in `receive.ts`, what
 * the person does in `act.ts`. Nothing here knows a browser.
 */

import type {
  Connection,
  Contact,
  ContactRequest,
  Home,
  Message,
  MessageId,
  Presence,
  Room,
  RoomId,
  Transfer,
} from "restante-client";
import type { Preferences } from "./preferences.ts";
import type { Timeline } from "./timeline.ts";

/** What a person has begun to write in a room. */
export interface Draft {
  readonly text: string;
  readonly reply: MessageId | null;
}

/** A short notice that goes away by itself. */
export interface Toast {
  readonly id: number;
  /** An error's code, or none where it is good news. */
  readonly code: string | null;
  /** Words that are made already. */
  readonly text: string;
}

/** Before there is a home to show: the worker is being started, or cannot be. */
export type Opening = { state: "opening" } | { state: "impossible"; code: string };

/** What lies over the chats. */
export type Dialog =
  | { kind: "new" }
  | { kind: "settings" }
  | { kind: "switcher" }
  | { kind: "search"; room: RoomId | null }
  | { kind: "keys" }
  | { kind: "safety"; username: string };

export interface State {
  readonly home: Home | Opening;
  readonly connection: Connection;
  /** Why this client is none any more: what is here can only be read. */
  readonly ended: "client_removed" | "account_deleted" | null;
  /** Whether the lists below were read. */
  readonly loaded: boolean;
  readonly rooms: ReadonlyMap<RoomId, Room>;
  /** The last message of a room, as far as it is known. */
  readonly latest: ReadonlyMap<RoomId, Message>;
  readonly requests: ReadonlyMap<RoomId, ContactRequest>;
  readonly contacts: ReadonlyMap<string, Contact>;
  readonly presence: ReadonlyMap<string, Presence>;
  /** Who is writing where. */
  readonly typing: ReadonlyMap<RoomId, readonly string[]>;
  readonly drafts: ReadonlyMap<RoomId, Draft>;
  /** By message and name of the file. */
  readonly transfers: ReadonlyMap<string, Transfer>;
  /** The room that is open. */
  readonly timeline: Timeline | null;
  /** Whether the open room is described beside its messages. */
  readonly details: boolean;
  readonly dialog: Dialog | null;
  readonly toasts: readonly Toast[];
  /** A new version of the page waits for the person's word. */
  readonly updateWaits: boolean;
  readonly preferences: Preferences;
}

export function emptyState(preferences: Preferences): State {
  return {
    home: { state: "opening" },
    connection: "connecting",
    ended: null,
    loaded: false,
    rooms: new Map(),
    latest: new Map(),
    requests: new Map(),
    contacts: new Map(),
    presence: new Map(),
    typing: new Map(),
    drafts: new Map(),
    transfers: new Map(),
    timeline: null,
    details: false,
    dialog: null,
    toasts: [],
    updateWaits: false,
    preferences,
  };
}

/** Names a file on its way. */
export function transferKey(message: MessageId, name: string): string {
  return `${message}/${name}`;
}
