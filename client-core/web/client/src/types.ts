/**
 * What goes in and out of the client, as data.
 *
 * Objects have the fields of the command line's JSON (docs/command-line.md), in its spelling, so that
 * one reference holds for both. Nothing here is code: see `api.ts` for what can be done.
 */

declare const kind: unique symbol;

/** A string that was made by the client and is taken by the client only as what it is. */
type Id<Kind extends string> = string & { readonly [kind]: Kind };

/** Names a room: 64 hexadecimal digits. */
export type RoomId = Id<"room">;

/** Names a message, an edit, a deletion or a reaction: 64 hexadecimal digits. */
export type MessageId = Id<"message">;

/** Names a client (what people call a device) of an account: hexadecimal digits. */
export type ClientId = Id<"client">;

/** Names a piece of work that outlives restarts. */
export type TaskId = number & { readonly [kind]: "task" };

/** RFC 3339 in UTC with milliseconds: `2026-11-22T10:02:03.123Z`. */
export type Timestamp = string;

/** A date: `2026-11-22`. */
export type Day = string;

/** Who somebody is to this account. */
export interface Me {
  username: string;
  /** Base URL of the home relay. */
  relay: string;
  client: ClientId;
  /** In which ways this client can take part in rooms, most wanted first. */
  suites: Suite[];
}

/** How a room is encrypted: `hybrid` is post-quantum. */
export type Suite = "hybrid" | "classical";

/** What a room is to this client. */
export type RoomPhase =
  | "known"
  | "creating"
  | "requested"
  | "joining"
  | "joined"
  | "left"
  | "removed";

/** Who may do something. */
export type Permission = "everyone" | "admins";

/** Who may do what in a room. */
export interface Policy {
  /** Add people. */
  add: Permission;
  /** Remove people. */
  remove: Permission;
  /** Change name and picture. */
  rename: Permission;
  /** Send messages. */
  post: Permission;
}

/** Somebody in a room. */
export interface Participant {
  username: string;
  admin: boolean;
}

/** A room's picture, as far as lists need it; `rooms.picture()` has the bytes. */
export interface RoomPicture {
  /** Of the JPEG: another picture has another one. */
  sha256: string;
  width: number;
  height: number;
}

/** How quiet the person wants a room. */
export type Muted = "off" | "mentions_only" | "all" | "until";

/** A room as lists show it. */
export interface Room {
  id: RoomId;
  /** Its name; for one-to-one rooms the other's username. From others: show it as text only. */
  title: string;
  /** Whether it is one-to-one. */
  direct: boolean;
  /** Null as long as this client was never in it. */
  suite: Suite | null;
  phase: RoomPhase;
  picture: RoomPicture | null;
  policy: Policy;
  participants: Participant[];
  /** Highest number of the room's log that was processed. */
  n: number;
  /** Messages of others above the read mark. */
  unread: number;
  muted: Muted;
  /** With `muted: "until"`. */
  muted_until: Timestamp | null;
  /** This client doubts that it sees the room as others do: messages wait. */
  in_doubt: boolean;
  /** The relay's log does not fit what members saw: the person should know. */
  log_mismatch: boolean;
  /** Why nothing is read on and nothing is sent, if the room stands still. */
  halted: "needs_update" | "log_lost" | null;
}

/** How far a message has come; `received` is of others. */
export type MessageState =
  | "received"
  | "queued"
  | "sent"
  | "delivered"
  | "read"
  | "failed"
  | "unknown";

/** What a message answers. Where it is not here, `sender` and `snippet` are empty. */
export interface Quote {
  id: MessageId;
  n: number | null;
  sender: string;
  snippet: string;
}

/** One emoji, and who said it. */
export interface Reaction {
  emoji: string;
  people: string[];
  /** Whether this account is among them. */
  own: boolean;
}

/** What a file is to people. */
export type FileKind = "image" | "audio" | "voice" | "video" | "file";

/** A file of a message, as its sender describes it: nothing of it was fetched yet. */
export interface Attachment {
  /** Safe to show and for a disk. */
  name: string;
  kind: FileKind;
  /** Declared, without parameters. */
  media_type: string;
  /** Declared length in bytes. */
  size: number;
  /** Size in pixels of the small picture that `files.thumbnail()` gives. */
  thumbnail: { width: number; height: number } | null;
  /** Of a voice message. */
  duration_ms: number | null;
  /** Of a voice message: loudness from 0 to 255 over equal shares of its time. */
  waveform: number[] | null;
}

/** A message. */
export interface Message {
  id: MessageId;
  room: RoomId;
  /** Its place in the room's log, null while queued. Numbers have gaps: notices and other things. */
  n: number | null;
  sender: string;
  own: boolean;
  /** By the sender's clock: for showing, never for ordering. */
  sent_at: Timestamp;
  /** Markdown as last edited; empty once deleted. From others: sanitise what is made of it. */
  text: string;
  state: MessageState;
  reply: Quote | null;
  edited: boolean;
  deleted: boolean;
  /** In the order in which they were first said. */
  reactions: Reaction[];
  /** Usernames. */
  mentions: string[];
  /** When it vanishes from this client; null where it does not, or not yet known. */
  expires_at: Timestamp | null;
  /** Seconds after the person will have read it. */
  expires_after_seconds: number | null;
  /** The person wants no notification of it. */
  muted: boolean;
  attachments: Attachment[];
}

/** What happened to a room, at its place in the log. Kinds may be added: show none that is unknown. */
export interface Notice {
  room: RoomId;
  n: number;
  /** No finer time is known. */
  day: Day;
  kind:
    | "renamed"
    | "picture_changed"
    | "picture_removed"
    | "policy_changed"
    | "added"
    | "removed"
    | "promoted"
    | "demoted"
    | "left"
    | (string & {});
  by: string;
  own: boolean;
  /** Of `added`, `removed`, `promoted`, `demoted`. */
  people: string[];
  /** Of `renamed`. */
  title: string | null;
  /** Of `policy_changed`. */
  policy: Policy | null;
}

/** A message that holds what was searched for. */
export interface Hit {
  room: RoomId;
  /** Of the room. */
  title: string;
  id: MessageId;
  /** Where to jump: `messages.history(room, { before: n + 1 })` ends with it. */
  n: number | null;
  sender: string;
  own: boolean;
  sent_at: Timestamp;
  /** The words around the first place that fits, on one line. */
  snippet: string;
}

/** What a contact is. */
export type ContactPhase = "asked" | "accepted" | "blocked";

/** A contact. */
export interface Contact {
  username: string;
  /** Null for somebody blocked who never was a contact. */
  room: RoomId | null;
  phase: ContactPhase;
}

/** Somebody asks to be a contact, or invites to a room. */
export interface ContactRequest {
  /** Names the request: for `contacts.accept()` and `contacts.decline()`. */
  room: RoomId;
  from: string;
  words: string;
  /** Of the room; null for a contact request. */
  title: string | null;
}

/** How long ago somebody was there. */
export type Presence = "online" | "today" | "this_week" | "long_ago" | "unknown";

/** Whether a contact is there. */
export interface ContactPresence {
  username: string;
  presence: Presence;
}

/** A client of this account. */
export interface OwnClient {
  id: ClientId;
  /** What the person calls it. */
  name: string | null;
  /** On what it runs, as it said itself: `web`, `linux`, … */
  platform: string | null;
  this: boolean;
  /** The last day on which a room heard of it; null where none did. */
  last_heard: Day | null;
  /** Its removal has begun and is not finished: remove it again. */
  removal_unfinished: boolean;
}

/** A client of a room that was not heard of for ninety days. */
export interface IdleClient {
  username: string;
  days: number;
}

/** A file on its way. */
export interface Transfer {
  room: RoomId;
  message: MessageId;
  name: string;
  way: "up" | "down";
  /** Sealed bytes that are there. */
  done: number;
  /** Sealed bytes in all. */
  total: number;
}

/**
 * What lies in this browser for this origin.
 *
 * - `empty`: no account. `unfinished` says that a registration or sign-in was interrupted: the same
 *   call with the same name goes on with it. `lost` says that there was an account, and that its files
 *   are gone: the browser made room, or somebody cleared them.
 * - `locked`: an account that a passphrase opens.
 * - `open`: ready. `phrase_unseen` says that `account.recoveryPhrase()` is still to be shown.
 */
export type Home =
  | { state: "empty"; unfinished: boolean; lost: boolean }
  | { state: "locked" }
  | { state: "open"; me: Me; phrase_unseen: boolean };

/** Whether the relay can be reached. `offline` after several failures; attempts go on. */
export type Connection = "connecting" | "online" | "offline";

/** What happened, told once and in order. Kinds may be added: ignore those unknown. */
export type ClientEvent =
  /** New, or its place, state or words changed, or what was said of it. */
  | ({ event: "message" } & Message)
  /** A message has expired: it is no longer here. */
  | { event: "message_gone"; room: RoomId; id: MessageId }
  | ({ event: "room" } & Room)
  | ({ event: "notice" } & Notice)
  | ({ event: "request" } & ContactRequest)
  | ({ event: "contact" } & Contact)
  | { event: "typing"; room: RoomId; username: string; typing: boolean }
  | ({ event: "presence" } & ContactPresence)
  /** Some clients of a room were not heard of for ninety days: it may want them removed. */
  | { event: "idle_clients"; room: RoomId }
  | ({ event: "transfer" } & Transfer)
  /** A message was given up because of one of its files. */
  | { event: "transfer_failed"; room: RoomId; message: MessageId; error: { code: ErrorCode } }
  /** A client signed in to this account with the password alone. */
  | { event: "new_client"; client: ClientId }
  /** The account has another password. */
  | { event: "password_changed" }
  /** This client is none any more; what is here can be read. The last event. */
  | { event: "ended"; reason: "client_removed" | "account_deleted" }
  /** Clients of somebody cannot be added to a hybrid room; others of the same person were. */
  | { event: "suite_not_supported"; room: RoomId; username: string }
  | { event: "task_ended"; task: TaskId; error: { code: ErrorCode } | null }
  /** The home was opened, locked or emptied. */
  | ({ event: "home" } & { home: Home })
  | { event: "connection"; connection: Connection }
  /** Events were missed, because another tab took over or this one was slow: read anew what is shown. */
  | { event: "missed" };

/** Event of one kind. */
export type EventOf<Kind extends ClientEvent["event"]> = Extract<ClientEvent, { event: Kind }>;

/**
 * Stable codes: those of docs/command-line.md and of the relay (docs/protocol.md, "Error codes"), and
 * these of the browser. Codes may be added.
 */
export type ErrorCode =
  /** The browser gives no durable storage here: private mode, or too old. */
  | "no_storage"
  /** The browser's storage is full: nothing was accepted. */
  | "disk_full"
  /**
   * Another tab became the owner before it answered, or the worker ended: look whether it was done
   * before trying again.
   */
  | "taken_over"
  /** The client was closed. */
  | "closed"
  | "locked"
  | "offline"
  | "no_account"
  | "no_default"
  | "account_exists"
  | "wrong_passphrase"
  | "weak_password"
  | "bad_credentials"
  | "bad_input"
  | "not_found"
  | "ambiguous"
  | "not_allowed"
  | "timed_out"
  | (string & {});

/** Whether, and when, the same call may succeed. */
export type Retry = "now" | "never" | { after_ms: number };
