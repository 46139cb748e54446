/**
 * What can be done with a client.
 *
 * Every promise of a command resolves when what was wanted is durable: it is carried out across reloads,
 * crashes and lost connections, whether the relay can be reached now or not. Where that takes time a
 * task is named; `task_ended` (or `task()`) tells how it ended. Reads give what is here now and never
 * wait for the relay. All of them reject with a `RestanteError`.
 *
 * Any number of tabs may be open: one of them owns the engine and its storage, the others work through
 * it, and one of them takes over when it goes. No page needs to know which.
 */

import type {
  ClientEvent,
  ClientId,
  Connection,
  Contact,
  ContactPresence,
  ContactRequest,
  Hit,
  Home,
  IdleClient,
  Me,
  Message,
  MessageId,
  Notice,
  OwnClient,
  Permission,
  Room,
  RoomId,
  TaskId,
} from "./types.js";

/** How a client is opened. */
export interface OpenOptions {
  /** Where the worker's script is; by default beside this module. */
  worker?: URL;
}

/** Ends a subscription. */
export type Unsubscribe = () => void;

/** What a command gave: null where it is done already. */
export interface Wanted {
  task: TaskId | null;
}

/** A client of this origin. */
export interface Restante {
  /** What lies here. Changes are told as the event `home`. */
  readonly home: Home;

  /** Whether the relay can be reached. Changes are told as the event `connection`. */
  readonly connection: Connection;

  /**
   * Calls with events from now on, several at once where they came together. A listener should read
   * what it shows after it has subscribed, and again upon `missed`.
   */
  subscribe(listener: (events: readonly ClientEvent[]) => void): Unsubscribe;

  readonly account: AccountApi;
  readonly contacts: ContactsApi;
  readonly rooms: RoomsApi;
  readonly messages: MessagesApi;
  readonly files: FilesApi;
  readonly clients: ClientsApi;
  readonly presence: PresenceApi;
  readonly kept: KeptApi;

  /**
   * Waits until a task ends; rejects with its error, or `timed_out` (the task goes on).
   *
   * @param timeoutMs - 20 seconds if not given.
   */
  task(task: TaskId, timeoutMs?: number): Promise<void>;

  /**
   * Waits until everything was fetched, processed and sent that can be now; rejects with `offline`,
   * `timed_out`, `unknown_account` or why the relay refuses.
   *
   * @param timeoutMs - 20 seconds if not given.
   */
  sync(timeoutMs?: number): Promise<void>;

  /** Ends this tab's part. Another tab goes on; what was accepted is kept. */
  close(): Promise<void>;
}

/** Registration, sign-in, passphrase. */
export interface AccountApi {
  /**
   * Registers a username. If it was interrupted after the relay was asked, the same call goes on with
   * the same account (`resumed`). Show `recoveryPhrase()` next.
   *
   * Rejects with `account_exists`, `username_taken`, `username_invalid`, `weak_password`,
   * `invite_required`, `invite_invalid`, `registration_pending`, `offline` (call it again).
   */
  register(options: RegisterOptions): Promise<{ me: Me; resumed: boolean }>;

  /**
   * Makes this browser a further client of an account, by the password alone. Contacts and rooms are
   * there at once.
   *
   * Rejects with `bad_credentials`, `account_exists`, `too_many`, `not_trusted`, `offline` (call it
   * again).
   */
  login(options: LoginOptions): Promise<Me>;

  /**
   * Sets another password by the recovery phrase, and makes this browser a client of the account.
   *
   * Rejects with `wrong_phrase`, `no_such_user`, `weak_password`, and as `login`.
   */
  reset(options: LoginOptions & { phrase: string }): Promise<Me>;

  /** Checks a phrase as it was written down. Rejects with `wrong_phrase`, `offline`. */
  checkPhrase(phrase: string): Promise<void>;

  /** Rejects with `bad_credentials`, `weak_password`, `offline` (call it again). */
  changePassword(current: string, password: string): Promise<void>;

  /**
   * Leaves all rooms and deletes the account; its name stays taken, and what is here can be read.
   * Rejects with `bad_credentials`, `offline` (call it again).
   */
  delete(password: string): Promise<void>;

  /** A strong password to propose to somebody who registers. */
  proposePassword(): Promise<string>;

  /** The 24 words, until `phraseWasShown()`; then null, for ever. */
  recoveryPhrase(): Promise<string | null>;

  /** The person has written the phrase down: forgets it. */
  phraseWasShown(): Promise<void>;

  /** Opens a `locked` home. Rejects with `wrong_passphrase`. */
  unlock(passphrase: string): Promise<Me>;

  /**
   * Sets, changes or (with null) takes away the passphrase that opens this home. Without one the key is
   * wrapped by a key of this browser that no script can read; with one, by the passphrase alone.
   *
   * @param current - The passphrase so far, if there is one.
   */
  setPassphrase(passphrase: string | null, current?: string): Promise<void>;

  /** Whether a passphrase is set. */
  hasPassphrase(): Promise<boolean>;

  /**
   * Moves this client to another program: gives its database with its key, and removes both here. A
   * client lives in one place: two copies of one would break its rooms for it.
   *
   * @param passphrase - Where one is set.
   */
  moveOut(passphrase?: string): Promise<MovedHome>;

  /** Takes a client that another program gave up, in the place of an `empty` home. */
  moveIn(moved: MovedHome, passphrase?: string): Promise<Me>;

  /**
   * Removes everything that is here, in all tabs: account, keys, messages. Other clients of the account
   * stay; without one, and without the password, the account is lost.
   */
  forget(): Promise<void>;
}

/** A home on its way from one program to another. */
export interface MovedHome {
  /** `restante.db`, as it lies on a disk: sealed. */
  database: Uint8Array;
  /** 32 bytes. The command line takes them as the passphrase `x'…'`, in hexadecimal. */
  key: Uint8Array;
}

/** What a registration needs. */
export interface RegisterOptions {
  /** Base URL of the relay; by default that of the page. */
  relay?: string;
  username: string;
  password: string;
  /** Where the relay wants one. */
  invite?: string;
  /** Opens this home from now on; by default the browser does. */
  passphrase?: string;
}

/** What a sign-in needs. */
export type LoginOptions = Omit<RegisterOptions, "invite">;

/** People. */
export interface ContactsApi {
  list(): Promise<Contact[]>;
  /** Contact requests and invitations that wait for the person. */
  requests(): Promise<ContactRequest[]>;
  /**
   * Asks somebody to be a contact. Rejects with `bad_input`, `already_there`, `asked_already`; the task
   * ends with `not_found` if there is nobody of that name.
   *
   * @param words - A few words of introduction, at most 1,024 bytes.
   */
  add(username: string, words?: string): Promise<Wanted>;
  /** Takes a request or an invitation. */
  accept(room: RoomId): Promise<Wanted>;
  /** Declines it; the other side is told nothing. */
  decline(room: RoomId): Promise<Wanted>;
  /** Takes nothing from this person any more: a contact, or who sent a request. */
  block(username: string): Promise<Wanted>;
  /** Sixty digits that two people compare by another channel; equal at both if nobody is between. */
  safetyNumber(username: string): Promise<string>;
}

/** Rooms and their settings. Those of two people have no settings. */
export interface RoomsApi {
  /** All rooms but waiting requests: the joined ones first, then by title. */
  list(): Promise<Room[]>;
  /**
   * Makes a room, and tells which it will be. It is listed (`creating`) as soon as the relay has told
   * who its people are, and they are added when the relay has it.
   *
   * Rejects with `bad_input` for a title that is empty, longer than a line, or has control characters.
   */
  create(title: string, members?: string[]): Promise<Wanted & { room: RoomId }>;
  add(room: RoomId, members: string[]): Promise<Wanted>;
  remove(room: RoomId, members: string[]): Promise<Wanted>;
  leave(room: RoomId): Promise<Wanted>;
  rename(room: RoomId, title: string): Promise<Wanted>;
  /** Makes somebody an admin, or a member again. */
  setRole(room: RoomId, username: string, admin: boolean): Promise<Wanted>;
  /** Changes who may do what; what is not named stays as it is. */
  setPolicy(room: RoomId, change: Partial<Record<PolicyField, Permission>>): Promise<Wanted>;
  /** Makes a room's picture of a photo or drawing (small, without its metadata), or takes it away. */
  setPicture(room: RoomId, picture: Blob | null): Promise<Wanted>;
  /** A JPEG of at most 128 by 128 pixels. */
  picture(room: RoomId): Promise<Blob | null>;
  /** For this person alone. `until` at most ten years ahead. */
  mute(room: RoomId, muted: "off" | "mentions_only" | "all" | { until: Date }): Promise<void>;
  /** Clients not heard of for ninety days. */
  idle(room: RoomId): Promise<IdleClient[]>;
  removeIdle(room: RoomId): Promise<Wanted>;
  /** Tells those connected now that the person is writing, or has stopped. Call it at each key; it is sent sparingly. */
  typing(room: RoomId, typing: boolean): Promise<void>;
}

/** What a policy is about. */
export type PolicyField = "add" | "remove" | "rename" | "post";

/** Messages. */
export interface MessagesApi {
  /**
   * The latest messages of a room, oldest first; queued ones last.
   *
   * With `before`, those with a smaller number; with `after`, the first ones with a greater number
   * (queued ones are not among them). At most 500 at once, 50 if not given.
   */
  history(room: RoomId, options?: Page): Promise<Message[]>;
  /** The last notices of a room whose number is at least `from`, in order. */
  notices(room: RoomId, options?: { from?: number; limit?: number }): Promise<Notice[]>;
  /**
   * Sends. The message is in the history when this resolves, as `queued`.
   *
   * Rejects with `too_long` (65,536 bytes), `bad_input` (empty), `not_found` (no such message to
   * answer), `room_closed`, `not_allowed`, `file_too_large`, `disk_full`.
   */
  send(room: RoomId, draft: Draft): Promise<MessageId>;
  /** Puts other words in the place of an own text. Null where there was nothing to send. */
  edit(room: RoomId, message: MessageId, text: string): Promise<MessageId | null>;
  /** Deletes an own message for all. */
  delete(room: RoomId, message: MessageId): Promise<MessageId | null>;
  /** An emoji, or a few letters without a space. */
  react(room: RoomId, message: MessageId, emoji: string): Promise<MessageId | null>;
  /** Takes a reaction back. */
  unreact(room: RoomId, message: MessageId, emoji: string): Promise<MessageId | null>;
  /** The person has seen everything up to this number; the others are told, coalesced. */
  markRead(room: RoomId, n: number): Promise<void>;
  /**
   * Messages with this text in any part and case, the latest first. At most 1,000, 50 if not given;
   * `bad_input` for nothing but spaces and beyond 1,024 bytes.
   */
  search(text: string, options?: { room?: RoomId; limit?: number }): Promise<Hit[]>;
}

/** A part of a history. */
export interface Page {
  before?: number;
  after?: number;
  limit?: number;
}

/** What to send. */
export interface Draft {
  /** Markdown; `@name` of somebody in the room mentions them. May be empty with files. */
  text?: string;
  replyTo?: MessageId;
  /** Vanishes everywhere so many seconds after reading; for the sender, after sending. */
  expiresAfterSeconds?: number;
  /** At most ten. */
  files?: FileToSend[];
}

/** A file to send, sealed here before anything leaves. It goes as it is, unless it is a `photo`. */
export interface FileToSend {
  /** At most 2 GiB. */
  file: Blob;
  /** By default that of the `File`. */
  name?: string;
  /** Sends the pixels alone: place, camera and time stay here. Rejects with `not_a_picture`. */
  photo?: boolean;
  /** If it is a voice message. At most 128 levels from 0 to 255. */
  voice?: { durationMs: number; levels: number[] };
}

/** Files of messages. */
export interface FilesApi {
  /**
   * Fetches a file, checks it and gives it in the clear. Goes on where an earlier attempt stopped, by
   * the signal too; progress is told as the event `transfer`. Nothing in the clear is stored.
   *
   * Rejects with `attachment_foreign`, `attachment_unsupported`, `attachment_size`, `attachment_gone`,
   * `attachment_damaged`, `attachment_type`, `offline`, or `AbortError`.
   *
   * @param index - Which of the message's attachments.
   */
  fetch(
    room: RoomId,
    message: MessageId,
    index: number,
    options?: { signal?: AbortSignal },
  ): Promise<Blob>;
  /** The small JPEG that came with a message, without asking the relay; null if none did. */
  thumbnail(room: RoomId, message: MessageId, index: number): Promise<Blob | null>;
}

/** Clients (what people call devices) of this account. */
export interface ClientsApi {
  list(): Promise<OwnClient[]>;
  rename(client: ClientId, name: string): Promise<Wanted>;
  /** Expels another client. Rejects with `bad_credentials`, `not_found`, `bad_input` for this one. */
  remove(client: ClientId, password: string): Promise<void>;
}

/** Being there. */
export interface PresenceApi {
  /** Whether contacts are told; off until chosen. */
  shared(): Promise<boolean>;
  share(share: boolean): Promise<void>;
  /** Accepted contacts, with what they told. */
  list(): Promise<ContactPresence[]>;
  /** The person has come to this tab, or goes. Call it when the page is shown and hidden. */
  here(here: boolean): Promise<void>;
}

/**
 * Small things that a user interface keeps, encrypted with everything else: drafts, settings.
 *
 * Keys of at most 128 bytes, values of at most 64 KiB of JSON, 4,096 of them.
 */
export interface KeptApi {
  get(key: string): Promise<unknown>;
  /** Null and undefined forget it. */
  set(key: string, value: unknown): Promise<void>;
  /** All whose key begins with this: `draft/`. */
  list(prefix: string): Promise<Record<string, unknown>>;
}
