/** The client of a page: every method of `api.ts`, as an ask of its worker. */

import type {
  AccountApi,
  ClientsApi,
  ContactsApi,
  Draft,
  FileToSend,
  FilesApi,
  KeptApi,
  MessagesApi,
  OpenOptions,
  PresenceApi,
  Restante,
  RoomsApi,
  Unsubscribe,
  Wanted,
} from "./api.js";
import { Link } from "./link.js";
import type { ClientEvent, Connection, Home, Me, MessageId, RoomId } from "./types.js";
import type { Start } from "./worker/protocol.js";

/** Longest that is waited for a task, or for everything. */
const PATIENCE_MS = 20_000;

/** Things that are given where nobody says how many. */
const PAGE = 50;

/** Opens the client of this origin, in a worker of its own. */
export async function open(options: OpenOptions = {}): Promise<Restante> {
  const start = () =>
    options.worker
      ? new Worker(options.worker, { type: "module" })
      : new Worker(new URL("./worker/worker.ts", import.meta.url), { type: "module" });
  return new Client(await Link.open(start));
}

class Client implements Restante {
  readonly account: AccountApi;
  readonly contacts: ContactsApi;
  readonly rooms: RoomsApi;
  readonly messages: MessagesApi;
  readonly files: FilesApi;
  readonly clients: ClientsApi;
  readonly presence: PresenceApi;
  readonly kept: KeptApi;

  constructor(private readonly link: Link) {
    this.account = account(link);
    this.contacts = contacts(link);
    this.rooms = rooms(link);
    this.messages = messages(link);
    this.files = files(link);
    this.clients = clients(link);
    this.presence = presence(link);
    this.kept = kept(link);
  }

  get home(): Home {
    return this.link.standing?.home ?? { state: "locked" };
  }

  get connection(): Connection {
    return this.link.standing?.connection ?? "connecting";
  }

  subscribe(listener: (events: readonly ClientEvent[]) => void): Unsubscribe {
    return this.link.subscribe(listener);
  }

  async task(task: number, timeoutMs = PATIENCE_MS): Promise<void> {
    await this.link.call("account", "task", { task, timeout_ms: timeoutMs });
  }

  async sync(timeoutMs = PATIENCE_MS): Promise<void> {
    await this.link.call("account", "sync", { timeout_ms: timeoutMs });
  }

  async close(): Promise<void> {
    this.link.close();
  }
}

function account(link: Link): AccountApi {
  const start = <T>(how: Start, passphrase?: string) =>
    link.read<T>({ kind: "start", how, passphrase });
  return {
    register: ({ relay, username, password, invite, passphrase }) => {
      const given = { relay: relay ?? location.origin, username, password, invite: invite ?? null };
      return start<{ me: Me; resumed: boolean }>({ do: "register", with: given }, passphrase);
    },
    login: async ({ relay, username, password, passphrase }) => {
      const given = { relay: relay ?? location.origin, username, password };
      return (await start<{ me: Me }>({ do: "login", with: given }, passphrase)).me;
    },
    reset: async ({ relay, username, password, phrase, passphrase }) => {
      const given = { relay: relay ?? location.origin, username, password, phrase };
      return (await start<{ me: Me }>({ do: "reset", with: given }, passphrase)).me;
    },
    proposePassword: () => link.read({ kind: "propose_password" }),
    recoveryPhrase: () => link.call("account", "recovery_phrase"),
    phraseWasShown: () => link.call("account", "phrase_was_shown"),
    checkPhrase: (phrase) => link.call("account", "check_phrase", { phrase }),
    changePassword: (current, password) =>
      link.call("account", "change_password", { current, password }),
    delete: (password) => link.call("account", "delete", { password }),
    unlock: (passphrase) => link.read({ kind: "unlock", passphrase }),
    setPassphrase: (passphrase, current) =>
      link.read({ kind: "set_passphrase", passphrase, current }),
    hasPassphrase: () => link.read({ kind: "has_passphrase" }),
    moveOut: (passphrase) => link.read({ kind: "move_out", passphrase }),
    moveIn: (moved, passphrase) => link.read({ kind: "move_in", moved, passphrase }),
    forget: () => link.read({ kind: "forget" }),
  };
}

function contacts(link: Link): ContactsApi {
  return {
    list: () => link.call("people", "contacts"),
    requests: () => link.call("people", "requests"),
    add: (username, words = "") => link.call("people", "add", { username, words }),
    accept: (room) => link.call("people", "accept", { room }),
    decline: (room) => link.call("people", "decline", { room }),
    block: (username) => link.call("people", "block", { username }),
    safetyNumber: (username) => link.call("people", "safety_number", { username }),
  };
}

function rooms(link: Link): RoomsApi {
  return {
    list: () => link.call("rooms", "list"),
    create: (title, members = []) =>
      link.call<Wanted & { room: RoomId }>("rooms", "create", { title, members }),
    add: (room, members) => link.call("rooms", "add", { room, members }),
    remove: (room, members) => link.call("rooms", "remove", { room, members }),
    leave: (room) => link.call("rooms", "leave", { room }),
    rename: (room, title) => link.call("rooms", "rename", { room, title }),
    setRole: (room, username, admin) => link.call("rooms", "set_role", { room, username, admin }),
    setPolicy: (room, change) => link.call("rooms", "set_policy", { room, change }),
    setPicture: (room, picture) =>
      link.call("rooms", "set_picture", { room }, { blobs: picture === null ? [] : [picture] }),
    picture: (room) => link.call("rooms", "picture", { room }),
    mute: (room, muted) => {
      const mute = typeof muted === "string" ? muted : { until: muted.until.getTime() };
      return link.call("rooms", "mute", { room, mute });
    },
    idle: (room) => link.call("rooms", "idle", { room }),
    removeIdle: (room) => link.call("rooms", "remove_idle", { room }),
    typing: (room, typing) => link.call("rooms", "typing", { room, typing }),
  };
}

function messages(link: Link): MessagesApi {
  const change = (name: string, given: object) =>
    link.call<MessageId | null>("messages", name, given);
  return {
    history: (room, { before, after, limit = PAGE } = {}) =>
      link.call("messages", "history", { room, before, after, limit }),
    notices: (room, { from = 0, limit = PAGE } = {}) =>
      link.call("messages", "notices", { room, from, limit }),
    send: (room, draft) => {
      const blobs = (draft.files ?? []).map(({ file }) => file);
      return link.call<MessageId>("messages", "send", { room, draft: spoken(draft) }, { blobs });
    },
    edit: (room, message, text) => change("edit", { room, message, text }),
    delete: (room, message) => change("delete", { room, message }),
    react: (room, message, emoji) => change("react", { room, message, emoji }),
    unreact: (room, message, emoji) => change("unreact", { room, message, emoji }),
    markRead: (room, n) => link.call("messages", "mark_read", { room, n }),
    search: (text, { room, limit = PAGE } = {}) =>
      link.call("messages", "search", { text, room, limit }),
  };
}

/** A draft in the engine's words. */
function spoken(draft: Draft): object {
  return {
    text: draft.text ?? "",
    reply_to: draft.replyTo ?? null,
    expires_after_seconds: draft.expiresAfterSeconds ?? null,
    files: (draft.files ?? []).map(described),
  };
}

function described({ file, name, photo, voice }: FileToSend): object {
  return {
    name: name ?? (file instanceof File ? file.name : ""),
    photo: photo ?? false,
    voice: voice ? { duration_ms: voice.durationMs, levels: voice.levels } : null,
  };
}

function files(link: Link): FilesApi {
  return {
    fetch: (room, message, index, { signal } = {}) =>
      link.call("files", "fetch", { room, message, index }, { signal }),
    thumbnail: (room, message, index) => link.call("files", "thumbnail", { room, message, index }),
  };
}

function clients(link: Link): ClientsApi {
  return {
    list: () => link.call("people", "clients"),
    rename: (client, name) => link.call("people", "rename_client", { client, name }),
    remove: (client, password) => link.call("people", "remove_client", { client, password }),
  };
}

function presence(link: Link): PresenceApi {
  return {
    shared: () => link.call("people", "presence_shared"),
    share: (share) => link.call("people", "share_presence", { share }),
    list: () => link.call("people", "presence"),
    here: (here) => link.call("people", "here", { here }),
  };
}

function kept(link: Link): KeptApi {
  return {
    get: async (key) => parsed(await link.call<string | null>("kept", "get", { key })),
    set: async (key, value) => {
      const json = value === null || value === undefined ? null : JSON.stringify(value);
      await link.call("kept", "set", { key, value: json });
    },
    list: async (prefix) => {
      const found = await link.call<Record<string, string>>("kept", "list", { prefix });
      return Object.fromEntries(Object.entries(found).map(([key, json]) => [key, parsed(json)]));
    },
  };
}

function parsed(json: string | null): unknown {
  return json === null ? null : (JSON.parse(json) as unknown);
}
