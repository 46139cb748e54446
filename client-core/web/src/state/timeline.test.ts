import { describe, expect, it } from "vitest";
import { rows } from "./rows.ts";
import { ROOM, message, room } from "./samples.ts";
import type { Timeline } from "./timeline.ts";
import { MAX_KEPT, addPage, changed, firstPage, openedTimeline } from "./timeline.ts";

const ids = (timeline: Timeline) => timeline.messages.map(({ id }) => id);
const opened = openedTimeline(ROOM, { to: "end" }, 1);
const whole = { notices: [], atStart: true, atEnd: true };
const none: ReadonlySet<never> = new Set();

describe("a timeline", () => {
  it("orders by number, with queued messages last as they were said", () => {
    const messages = [message("q1", null), message("b", 7), message("q2", null), message("a", 3)];
    const timeline = firstPage(opened, { ...whole, messages }, room());
    expect(ids(timeline)).toEqual(["a", "b", "q1", "q2"]);
  });

  it("keeps a queued message in its place when it is sent", () => {
    const page = {
      ...whole,
      messages: [message("a", 3), message("q1", null), message("q2", null)],
    };
    const timeline = changed(firstPage(opened, page, room()), [message("q1", 4)], [], none);
    expect(ids(timeline)).toEqual(["a", "q1", "q2"]);
  });

  it("adds nothing behind a gap that was not read", () => {
    const page = {
      notices: [],
      atEnd: false,
      atStart: false,
      messages: [message("a", 10), message("b", 20)],
    };
    const timeline = firstPage(opened, page, room());
    const news = [
      message("far", 90),
      message("between", 15),
      message("before", 2),
      message("q", null),
    ];
    expect(ids(changed(timeline, news, [], none))).toEqual(["a", "between", "b"]);
  });

  it("changes what is here wherever it lies, and drops what has expired", () => {
    const timeline = firstPage(
      opened,
      { ...whole, messages: [message("a", 1), message("b", 2)] },
      room(),
    );
    const edited = changed(timeline, [message("a", 1, { text: "new words" })], [], none);
    expect(edited.messages[0]?.text).toBe("new words");
    expect(ids(changed(timeline, [], [], new Set([message("a", 1).id])))).toEqual(["b"]);
  });

  it("marks the first of so many unread messages of others", () => {
    const messages = [
      message("a", 1),
      message("b", 2),
      message("mine", 3, { own: true }),
      message("c", 4),
    ];
    const timeline = firstPage(opened, { ...whole, messages }, room({ unread: 2 }));
    expect(timeline.firstUnread).toBe(2);
  });

  it("loses nothing that arrives while its first page is read", () => {
    const waiting = changed(opened, [message("b", 2), message("far", 90)], [], none);
    const end = { ...whole, messages: [message("a", 1)] };
    expect(ids(firstPage(waiting, end, room()))).toEqual(["a", "b", "far"]);
    const middle = { notices: [], messages: [message("a", 1), message("c", 3)] };
    expect(ids(firstPage(waiting, middle, room()))).toEqual(["a", "b", "c"]);
  });

  it("lets go of the other end when it grows too long", () => {
    const many = Array.from({ length: MAX_KEPT }, (_, n) => message(`m${n}`, 1000 + n));
    const timeline = firstPage(opened, { notices: [], atEnd: true, messages: many }, room());
    const older = addPage(timeline, { messages: [message("old", 5)], notices: [] }, "older");
    expect(older.messages).toHaveLength(MAX_KEPT);
    expect(older.messages[0]?.id).toBe("old");
    expect(older.atEnd).toBe(false);
  });
});

describe("the rows of a timeline", () => {
  const now = Date.parse("2026-11-22T12:00:00.000Z");
  const kinds = (timeline: Timeline) => rows(timeline, now).map(({ kind }) => kind);

  it("separate days, never twice and never into the future", () => {
    const messages = [
      message("a", 1, { sent_at: "2026-11-20T10:00:00.000Z" }),
      message("b", 2, { sent_at: "2031-01-01T10:00:00.000Z" }),
      message("c", 3, { sent_at: "2026-11-20T11:00:00.000Z" }),
      message("d", 4, { sent_at: "2026-11-22T11:00:00.000Z" }),
    ];
    const timeline = firstPage(opened, { ...whole, messages }, room());
    expect(kinds(timeline)).toEqual([
      "beginning",
      "day",
      "message",
      "day",
      "message",
      "message",
      "message",
    ]);
  });

  it("join messages of one person within five minutes", () => {
    const messages = [
      message("a", 1),
      message("b", 2, { sent_at: "2026-11-22T10:04:00.000Z" }),
      message("c", 3, { sent_at: "2026-11-22T10:04:00.000Z", sender: "bob" }),
    ];
    const made = rows(firstPage(opened, { ...whole, messages }, room()), now);
    expect(made.map((row) => row.kind === "message" && [row.follows, row.goesOn])).toEqual([
      false,
      false,
      [false, true],
      [true, false],
      [false, false],
    ]);
  });

  it("show the line before the first unread message, and notices at their place", () => {
    const notice = {
      room: ROOM,
      n: 2,
      day: "2026-11-22",
      kind: "renamed",
      by: "bob",
      own: false,
    } as const;
    const timeline = firstPage(
      opened,
      {
        ...whole,
        messages: [message("a", 1), message("b", 3)],
        notices: [{ ...notice, people: [], title: "Quay", policy: null }],
      },
      room({ unread: 1 }),
    );
    expect(kinds(timeline)).toEqual(["beginning", "day", "message", "notice", "unread", "message"]);
  });
});
