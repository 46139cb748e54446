/** The list of chats: which rooms, in which order, with what beside them. */

import type { Message, Presence, Room } from "restante-client";
import { timeOf } from "./rows.ts";
import type { Draft, State } from "./state.ts";

export interface Chat {
  readonly room: Room;
  readonly latest: Message | null;
  readonly draft: Draft | null;
  readonly typing: readonly string[];
  /** Of the other person of a one-to-one room. */
  readonly presence: Presence | null;
}

/** Rooms worth listing: those that were left stay away. */
function isListed(room: Room): boolean {
  return room.phase !== "requested" && room.phase !== "left";
}

/** What the list is made of. */
type ListState = Pick<State, "rooms" | "latest" | "drafts" | "typing" | "presence">;

/** Those with the latest word first; with none yet, by name. */
export function chats(state: ListState, now: number): readonly Chat[] {
  const made: { chat: Chat; time: number }[] = [];
  for (const room of state.rooms.values()) {
    if (!isListed(room)) continue;
    const latest = state.latest.get(room.id) ?? null;
    made.push({
      chat: {
        room,
        latest,
        draft: state.drafts.get(room.id) ?? null,
        typing: state.typing.get(room.id) ?? [],
        presence: room.direct ? (state.presence.get(room.title) ?? null) : null,
      },
      // Clocks of senders are not trusted to be ahead.
      time: latest ? Math.min(timeOf(latest), now) : 0,
    });
  }
  return made
    .sort((a, b) => b.time - a.time || a.chat.room.title.localeCompare(b.chat.room.title))
    .map(({ chat }) => chat);
}

/** Rooms with something that the person wants to be told of: those that are not muted. */
export function unreadRooms(state: Pick<State, "rooms">): readonly Room[] {
  return [...state.rooms.values()].filter(
    (room) => isListed(room) && room.muted === "off" && room.unread > 0,
  );
}

/** What the tab's title counts. */
export function unreadTotal(state: Pick<State, "rooms">): number {
  return unreadRooms(state).reduce((total, room) => total + room.unread, 0);
}

/** Rooms whose name holds what was typed, those that begin with it first. */
export function findChats(list: readonly Chat[], typed: string): readonly Chat[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return list;
  const place = (chat: Chat) => chat.room.title.toLowerCase().indexOf(wanted);
  return list
    .filter((chat) => place(chat) >= 0)
    .sort((a, b) => Math.min(place(a), 1) - Math.min(place(b), 1));
}
