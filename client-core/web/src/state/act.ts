/** What the person does and what was read for the screen → what the screen shows. Pure. */

import type {
  ClientEvent,
  Connection,
  Contact,
  ContactPresence,
  ContactRequest,
  Home,
  Message,
  Room,
  RoomId,
} from "restante-client";
import type { Preferences } from "./preferences.ts";
import { isLater, receive } from "./receive.ts";
import type { Dialog, Draft, Opening, State, Toast } from "./state.ts";
import { emptyState } from "./state.ts";
import type { Goal, Page } from "./timeline.ts";
import { addPage, firstPage, openedTimeline } from "./timeline.ts";

/** The lists, read anew. */
export interface Lists {
  readonly rooms: readonly Room[];
  readonly contacts: readonly Contact[];
  readonly requests: readonly ContactRequest[];
  readonly presence: readonly ContactPresence[];
  readonly drafts: ReadonlyMap<RoomId, Draft>;
}

export type Action =
  | { do: "receive"; events: readonly ClientEvent[] }
  | { do: "home"; home: Home | Opening }
  | { do: "connection"; connection: Connection }
  | { do: "lists"; lists: Lists }
  | { do: "latest"; messages: readonly Message[] }
  | { do: "open"; room: RoomId; goal: Goal }
  | { do: "close" }
  | { do: "first_page"; room: RoomId; jump: number; page: Page }
  | { do: "page"; room: RoomId; jump: number; page: Page; side: "older" | "newer" }
  | { do: "read_to_end" }
  | { do: "draft"; room: RoomId; draft: Draft }
  | { do: "details"; shown: boolean }
  | { do: "dialog"; dialog: Dialog | null }
  | { do: "say"; toast: Toast }
  | { do: "unsay"; id: number }
  | { do: "update_waits" }
  | { do: "prefer"; preferences: Preferences };

export function act(state: State, action: Action): State {
  switch (action.do) {
    case "receive":
      return receive(state, action.events);
    case "home":
      return action.home.state === "empty"
        ? {
            ...emptyState(state.preferences),
            home: action.home,
            connection: state.connection,
            updateWaits: state.updateWaits,
          }
        : { ...state, home: action.home };
    case "connection":
      return { ...state, connection: action.connection };
    case "lists":
      return withLists(state, action.lists);
    case "latest":
      return withLatest(state, action.messages);
    case "open": {
      const jump = (state.timeline?.jump ?? 0) + 1;
      return {
        ...state,
        dialog: null,
        timeline: openedTimeline(action.room, action.goal, jump),
      };
    }
    case "close":
      return { ...state, timeline: null, details: false };
    case "first_page":
    case "page":
      return withPage(state, action);
    case "read_to_end":
      return state.timeline?.firstUnread == null
        ? state
        : { ...state, timeline: { ...state.timeline, firstUnread: null } };
    case "draft":
      return { ...state, drafts: withDraft(state.drafts, action.room, action.draft) };
    case "details":
      return { ...state, details: action.shown };
    case "dialog":
      return { ...state, dialog: action.dialog };
    case "say":
      return { ...state, toasts: [...state.toasts, action.toast].slice(-MAX_TOASTS) };
    case "unsay":
      return { ...state, toasts: state.toasts.filter((toast) => toast.id !== action.id) };
    case "update_waits":
      return { ...state, updateWaits: true };
    case "prefer":
      return { ...state, preferences: action.preferences };
  }
}

/** Notices at once; older ones make room. */
const MAX_TOASTS = 3;

function withLists(state: State, lists: Lists): State {
  return {
    ...state,
    loaded: true,
    rooms: new Map(lists.rooms.map((room) => [room.id, room])),
    contacts: new Map(lists.contacts.map((contact) => [contact.username, contact])),
    requests: new Map(lists.requests.map((request) => [request.room, request])),
    presence: new Map(lists.presence.map((one) => [one.username, one.presence])),
    drafts: lists.drafts,
    typing: new Map(),
  };
}

function withLatest(state: State, messages: readonly Message[]): State {
  const latest = new Map(state.latest);
  for (const message of messages) {
    if (isLater(message, latest.get(message.room))) latest.set(message.room, message);
  }
  return { ...state, latest };
}

/** A page that was asked for before the person went elsewhere is dropped. */
function withPage(state: State, action: Extract<Action, { do: "first_page" | "page" }>): State {
  const { timeline } = state;
  if (timeline?.room !== action.room || timeline.jump !== action.jump) return state;
  return {
    ...state,
    timeline:
      action.do === "page"
        ? addPage(timeline, action.page, action.side)
        : firstPage(timeline, action.page, state.rooms.get(action.room)),
  };
}

function withDraft(drafts: State["drafts"], room: RoomId, draft: Draft): State["drafts"] {
  const next = new Map(drafts);
  if (draft.text === "" && draft.reply === null) next.delete(room);
  else next.set(room, draft);
  return next;
}
