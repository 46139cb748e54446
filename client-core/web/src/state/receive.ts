/** Events of the client → what the screen shows. Pure: the same events make the same state. */

import type { ClientEvent, Message, MessageId, Notice, RoomId } from "restante-client";
import type { State } from "./state.ts";
import { transferKey } from "./state.ts";
import { changed } from "./timeline.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Everything that came together; lists are copied once for all of it. */
export function receive(state: State, events: readonly ClientEvent[]): State {
  const next: Mutable<State> = { ...state };
  const copied = new Set<keyof State>();
  /** A map of the state that may be changed. */
  function own<K extends MapKey>(key: K): MutableMap<State[K]> {
    if (!copied.has(key)) {
      copied.add(key);
      Object.assign(next, { [key]: new Map<unknown, unknown>(next[key]) });
    }
    return next[key] as unknown as MutableMap<State[K]>;
  }
  const arrived: Arrived = { messages: [], notices: [], gone: new Set() };
  for (const event of events) one(event, next, own, arrived);
  if (next.timeline && (arrived.messages.length || arrived.notices.length || arrived.gone.size)) {
    const { room } = next.timeline;
    const here = (item: { room: RoomId }) => item.room === room;
    next.timeline = changed(
      next.timeline,
      arrived.messages.filter(here),
      arrived.notices.filter(here),
      arrived.gone,
    );
  }
  return next;
}

/** Lists that events change. */
type MapKey = "rooms" | "latest" | "requests" | "contacts" | "presence" | "typing" | "transfers";
type MutableMap<T> = T extends ReadonlyMap<infer K, infer V> ? Map<K, V> : never;
type Own = <K extends MapKey>(key: K) => MutableMap<State[K]>;

/** What belongs into the open timeline, all at once. */
interface Arrived {
  readonly messages: Message[];
  readonly notices: Notice[];
  readonly gone: Set<MessageId>;
}

function one(event: ClientEvent, next: Mutable<State>, own: Own, arrived: Arrived): void {
  switch (event.event) {
    case "message":
      arrived.messages.push(event);
      if (isLater(event, next.latest.get(event.room))) own("latest").set(event.room, event);
      stopsTyping(next, own, event);
      break;
    case "message_gone":
      arrived.gone.add(event.id);
      if (next.latest.get(event.room)?.id === event.id) own("latest").delete(event.room);
      break;
    case "notice":
      arrived.notices.push(event);
      break;
    case "room":
      own("rooms").set(event.id, event);
      if (event.phase !== "requested" && next.requests.has(event.id))
        own("requests").delete(event.id);
      break;
    case "request":
      own("requests").set(event.room, event);
      break;
    case "contact":
      own("contacts").set(event.username, event);
      if (event.phase === "blocked") forgetRequestsOf(event.username, next, own);
      break;
    case "presence":
      own("presence").set(event.username, event.presence);
      break;
    case "typing":
      own("typing").set(event.room, typingAfter(next, event));
      break;
    case "transfer":
      if (event.done >= event.total)
        own("transfers").delete(transferKey(event.message, event.name));
      else own("transfers").set(transferKey(event.message, event.name), event);
      break;
    case "home":
      next.home = event.home;
      break;
    case "ended":
      next.ended = event.reason;
      break;
    case "connection":
      next.connection = event.connection;
      break;
    default:
      // Of kinds that concern no list, or that a newer client tells of.
      break;
  }
}

/** Whether a message stands behind the one that is shown in the list, or is the same one changed. */
export function isLater(message: Message, shown: Message | undefined): boolean {
  if (!shown || shown.id === message.id) return true;
  return (message.n ?? Infinity) >= (shown.n ?? Infinity);
}

function typingAfter(next: State, event: { room: RoomId; username: string; typing: boolean }) {
  const others = (next.typing.get(event.room) ?? []).filter((name) => name !== event.username);
  return event.typing ? [...others, event.username] : others;
}

/** Who has said something has stopped writing it. */
function stopsTyping(next: State, own: Own, message: Message): void {
  const typing = next.typing.get(message.room);
  if (!typing?.includes(message.sender)) return;
  own("typing").set(
    message.room,
    typing.filter((name) => name !== message.sender),
  );
}

function forgetRequestsOf(username: string, next: State, own: Own): void {
  for (const [room, request] of next.requests) {
    if (request.from === username) own("requests").delete(room);
  }
}
