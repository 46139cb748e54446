/** Values for tests of the view state. */

import type { Message, MessageId, Room, RoomId } from "restante-client";

export const ROOM = "aa".repeat(32) as RoomId;

export function room(over: Partial<Room> = {}): Room {
  return {
    id: ROOM,
    title: "Harbour",
    direct: false,
    suite: "hybrid",
    phase: "joined",
    picture: null,
    policy: { add: "admins", remove: "admins", rename: "admins", post: "everyone" },
    participants: [],
    n: 0,
    unread: 0,
    muted: "off",
    muted_until: null,
    in_doubt: false,
    log_mismatch: false,
    halted: null,
    ...over,
  };
}

export function message(id: string, n: number | null, over: Partial<Message> = {}): Message {
  return {
    id: id as MessageId,
    room: ROOM,
    n,
    sender: "alice",
    own: false,
    sent_at: "2026-11-22T10:00:00.000Z",
    text: id,
    state: "received",
    reply: null,
    edited: false,
    deleted: false,
    reactions: [],
    mentions: [],
    expires_at: null,
    expires_after_seconds: null,
    muted: false,
    attachments: [],
    ...over,
  };
}
