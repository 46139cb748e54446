import { describe, expect, it } from "vitest";
import { act } from "./act.ts";
import { chats, unreadTotal } from "./chats.ts";
import { receive } from "./receive.ts";
import { ROOM, message, room } from "./samples.ts";
import { emptyState } from "./state.ts";

const empty = emptyState({ theme: "system", language: "en" });
const now = Date.parse("2026-11-22T12:00:00.000Z");

describe("received events", () => {
  it("bring rooms, and their last message, into the list", () => {
    const state = receive(empty, [
      { event: "room", ...room({ unread: 1 }) },
      { event: "message", ...message("a", 4) },
      { event: "message", ...message("older", 2) },
    ]);
    expect(chats(state, now).map(({ latest }) => latest?.id)).toEqual(["a"]);
    expect(unreadTotal(state)).toBe(1);
  });

  it("leave what they do not touch as it was", () => {
    const state = receive(empty, [{ event: "room", ...room() }]);
    expect(state.contacts).toBe(empty.contacts);
    expect(empty.rooms.size).toBe(0);
  });

  it("end somebody's writing with what was written", () => {
    const typing = { event: "typing", room: ROOM, username: "alice", typing: true } as const;
    const state = receive(empty, [typing]);
    expect(state.typing.get(ROOM)).toEqual(["alice"]);
    expect(receive(state, [{ event: "message", ...message("a", 1) }]).typing.get(ROOM)).toEqual([]);
  });

  it("take a request away when it was answered", () => {
    const request = { room: ROOM, from: "bob", words: "", title: null };
    const state = receive(empty, [{ event: "request", ...request }]);
    expect(state.requests.size).toBe(1);
    expect(receive(state, [{ event: "room", ...room() }]).requests.size).toBe(0);
    const blocked = { event: "contact", username: "bob", room: null, phase: "blocked" } as const;
    expect(receive(state, [blocked]).requests.size).toBe(0);
  });

  it("of a kind that is not known change nothing", () => {
    const state = receive(empty, [{ event: "idle_clients", room: ROOM }]);
    expect(state).toEqual(empty);
  });

  it("show a message that the sender dates ahead no higher than one of now", () => {
    const other = "bb".repeat(32) as typeof ROOM;
    const state = receive(empty, [
      { event: "room", ...room({ title: "B" }) },
      { event: "room", ...room({ id: other, title: "A" }) },
      { event: "message", ...message("a", 4, { sent_at: "2090-01-01T00:00:00.000Z" }) },
      {
        event: "message",
        ...message("b", 4, { room: other, sent_at: "2026-11-22T12:00:00.000Z" }),
      },
    ]);
    expect(chats(state, now).map((chat) => chat.room.title)).toEqual(["A", "B"]);
  });
});

describe("actions", () => {
  it("drop a page of a room that was left before it came", () => {
    const opened = act(empty, { do: "open", room: ROOM, goal: { to: "end" } });
    const elsewhere = act(opened, { do: "open", room: ROOM, goal: { to: "unread" } });
    const late = act(elsewhere, {
      do: "first_page",
      room: ROOM,
      jump: 1,
      page: { messages: [message("a", 1)], notices: [] },
    });
    expect(late).toBe(elsewhere);
  });

  it("forget an empty draft", () => {
    const drafted = act(empty, { do: "draft", room: ROOM, draft: { text: "hm", reply: null } });
    expect(drafted.drafts.get(ROOM)?.text).toBe("hm");
    expect(
      act(drafted, { do: "draft", room: ROOM, draft: { text: "", reply: null } }).drafts.size,
    ).toBe(0);
  });

  it("keep nothing of an account whose home was emptied", () => {
    const state = receive(empty, [{ event: "room", ...room() }]);
    const emptied = act(state, {
      do: "home",
      home: { state: "empty", unfinished: false, lost: false },
    });
    expect(emptied.rooms.size).toBe(0);
  });
});
