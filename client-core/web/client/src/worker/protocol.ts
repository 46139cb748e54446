/**
 * What a page and its worker, and the workers of several tabs, say to each other.
 *
 * All of it crosses by structured clone: blobs go along without being copied.
 */

import type { MovedHome } from "../api.js";
import type { ClientEvent, Connection, ErrorCode, Home, Retry } from "../types.js";

/** What a page asks its worker. */
export interface Ask {
  id: number;
  what: Wish;
}

/** What a page says to its worker. */
export type Wanted =
  | { kind: "ask"; ask: Ask }
  /** Nobody waits for it any more. */
  | { kind: "cancel"; id: number }
  /** The network may be back. */
  | { kind: "hurry" }
  | { kind: "close" };

/** Everything that can be asked. */
export type Wish =
  /** About an open home. */
  | { kind: "call"; call: Call; blobs: Blob[] }
  /** Registers, signs in, or resets. */
  | { kind: "start"; how: Start; passphrase: string | undefined }
  | { kind: "unlock"; passphrase: string }
  | { kind: "set_passphrase"; passphrase: string | null; current: string | undefined }
  | { kind: "has_passphrase" }
  | { kind: "propose_password" }
  | { kind: "forget" }
  | { kind: "move_out"; passphrase: string | undefined }
  | { kind: "move_in"; moved: MovedHome; passphrase: string | undefined };

/** A call about an open home: what `client-core/wasm/src/call.rs` knows. */
export interface Call {
  of: "account" | "people" | "rooms" | "messages" | "files" | "kept";
  call: { do: string; with?: object };
}

/** How a home begins. */
export type Start =
  | { do: "register"; with: Credentials & { invite: string | null } }
  | { do: "login"; with: Credentials }
  | { do: "reset"; with: Credentials & { phrase: string } };

interface Credentials {
  relay: string;
  username: string;
  password: string;
}

/** Why something was not done. */
export interface Fault {
  code: ErrorCode;
  retry: Retry;
}

/** How an ask ended. What was given is JSON in a string, a blob, a home, or nothing. */
export type Reply = { id: number } & ({ given: Given } | { fault: Fault });

export type Given = string | Blob | MovedHome | null;

/** How things stand, for a page to show. */
export interface Standing {
  home: Home;
  connection: Connection;
}

/** What a worker tells its page. */
export type Told =
  /** A lock that this worker holds as long as it lives: nothing else tells a page that it does not. */
  | { kind: "alive"; lock: string }
  | { kind: "reply"; reply: Reply }
  | { kind: "events"; events: ClientEvent[] }
  | { kind: "standing"; standing: Standing }
  /** Nothing can be stored here. */
  | { kind: "impossible"; fault: Fault };

/** What workers tell each other. `from` and `to` are drawn at random, one for each worker. */
export type Said =
  /** A new worker asks who leads. */
  | { kind: "hello"; from: string }
  /** The leader introduces itself. */
  | { kind: "leader"; from: string; standing: Standing }
  | { kind: "ask"; from: string; to: string; ask: Ask }
  | { kind: "cancel"; from: string; to: string; id: number }
  | { kind: "hurry"; to: string }
  | { kind: "reply"; to: string; reply: Reply }
  | { kind: "events"; events: ClientEvent[] };
