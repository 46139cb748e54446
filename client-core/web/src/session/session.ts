/**
 * Between the client and the screen: reads what is shown, carries out what the person wants, and says
 * what went wrong. Owns the order of reading; never decides how anything looks (`state/`).
 */

import type {
  ClientEvent,
  FileToSend,
  Message,
  MessageId,
  Restante,
  RoomId,
  TaskId,
  Wanted,
} from "restante-client";
import type { Store } from "../state/store.ts";
import type { Goal, Page } from "../state/timeline.ts";
import { lastNumber } from "../state/timeline.ts";
import { Drafts } from "./drafts.ts";
import { codeOf, isAbort } from "./errors.ts";
import { Files } from "./files.ts";
import { Player } from "./player.ts";

/** Messages read at once. */
const PAGE = 60;

/** Most messages that are read to find the first unread one. */
const MAX_UNREAD = 300;

/** Longest that is waited for a task before its end is told by nobody. */
const TASK_MS = 120_000;

/** How long a notice stays. */
const TOAST_MS = 7_000;

/** Rooms whose last message is read at once. */
const LATEST_AT_ONCE = 16;

export class Session {
  readonly files: Files;
  readonly drafts: Drafts;
  readonly player = new Player();
  private toasts = 0;
  private readUpTo: { room: RoomId; n: number } | null = null;
  /** Files of messages that are not sent yet, for another attempt. */
  private readonly unsent = new Map<MessageId, readonly FileToSend[]>();

  constructor(
    readonly client: Restante,
    readonly store: Store,
  ) {
    this.files = new Files(client);
    this.drafts = new Drafts(client, store);
  }

  /** Shows what is here, and keeps it true. */
  async start(): Promise<void> {
    this.client.subscribe((events) => this.heard(events));
    this.store.dispatch({ do: "connection", connection: this.client.connection });
    this.store.dispatch({ do: "home", home: this.client.home });
    await this.readLists();
  }

  /** Reads every list anew. */
  async readLists(): Promise<void> {
    const home = this.client.home;
    if (home.state !== "open") return;
    await this.quietly(async () => {
      const [rooms, contacts, requests, presence, drafts] = await Promise.all([
        this.client.rooms.list(),
        this.client.contacts.list(),
        this.client.contacts.requests(),
        this.client.presence.list(),
        this.drafts.read(),
      ]);
      this.store.dispatch({ do: "lists", lists: { rooms, contacts, requests, presence, drafts } });
      await this.readLatest(rooms.map((room) => room.id));
    });
  }

  /** Opens a room, at its first unread message if there is one. */
  async open(room: RoomId, goal?: Goal): Promise<void> {
    const unread = this.store.get().rooms.get(room)?.unread ?? 0;
    const where: Goal = goal ?? { to: unread > 0 ? "unread" : "end" };
    this.store.dispatch({ do: "open", room, goal: where });
    this.readUpTo = null;
    const jump = this.store.get().timeline?.jump ?? 0;
    await this.quietly(async () => {
      const page =
        where.to === "message"
          ? await this.pageAround(room, where.n)
          : await this.lastPage(room, Math.min(unread, MAX_UNREAD) + PAGE);
      this.store.dispatch({ do: "first_page", room, jump, page });
    });
  }

  /** Reads the page before, or behind, what is shown. */
  async read(side: "older" | "newer"): Promise<void> {
    const { timeline } = this.store.get();
    if (!timeline?.loaded) return;
    const { room, jump, messages } = timeline;
    await this.quietly(async () => {
      const first = messages.find((message) => message.n !== null)?.n;
      const page =
        side === "older"
          ? await this.pageBefore(room, first ?? undefined)
          : await this.pageAfter(room, lastNumber(messages));
      this.store.dispatch({ do: "page", room, jump, page, side });
      if (side === "older" || page.atEnd !== true) return;
      // What arrived while the end was read was not yet wanted.
      const last = await this.pageAfter(room, lastNumber([...messages, ...page.messages]));
      this.store.dispatch({ do: "page", room, jump, page: last, side });
    });
  }

  /** The person has seen everything up to this number. */
  sawUpTo(room: RoomId, n: number): void {
    const had = this.readUpTo;
    if (had?.room === room && had.n >= n) return;
    this.readUpTo = { room, n };
    void this.quietly(() => this.client.messages.markRead(room, n));
  }

  /** Sends; what could not be taken comes back as false, with a notice. */
  async send(room: RoomId, draft: Parameters<Restante["messages"]["send"]>[1]): Promise<boolean> {
    const { timeline } = this.store.get();
    const isBehind = timeline?.room === room && timeline.loaded && !timeline.atEnd;
    if (isBehind) await this.open(room, { to: "end" });
    return this.carryOut(async () => {
      const id = await this.client.messages.send(room, draft);
      if (draft.files) this.unsent.set(id, draft.files);
    });
  }

  /** Sends a message that failed anew, with its files as long as this page has them. */
  async sendAgain({ room, id, text, reply, attachments }: Message): Promise<void> {
    const files = this.unsent.get(id) ?? [];
    if (files.length < attachments.length) {
      this.toast("files_gone", "");
      return;
    }
    const isSent = await this.send(room, {
      ...(text === "" ? {} : { text }),
      ...(reply ? { replyTo: reply.id } : {}),
      ...(files.length === 0 ? {} : { files: [...files] }),
    });
    if (isSent) await this.carryOut(() => this.client.messages.delete(room, id));
  }

  /** A command whose work may go on: the person is told how it failed, whenever that is. */
  async carryOut(command: () => Promise<unknown>): Promise<boolean> {
    try {
      const wanted = await command();
      if (isWanted(wanted) && wanted.task !== null) void this.watch(wanted.task);
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  /** A command whose end is waited for; its error is the caller's to show. */
  async finish(command: () => Promise<Wanted>): Promise<void> {
    const { task } = await command();
    if (task !== null) await this.client.task(task, TASK_MS);
  }

  /** Says something that is no error. */
  say(text: string): void {
    this.toast(null, text);
  }

  /** Says what went wrong. */
  fail(error: unknown): void {
    if (isAbort(error)) return;
    this.toast(codeOf(error), "");
  }

  /** Jumps to a message, wherever it lies. */
  jump(room: RoomId, id: MessageId, n: number | null): void {
    void this.open(room, { to: "message", id, n: n ?? Number.MAX_SAFE_INTEGER });
  }

  private heard(events: readonly ClientEvent[]): void {
    this.store.dispatch({ do: "receive", events });
    for (const event of events) {
      if (event.event === "message" && event.n !== null) this.unsent.delete(event.id);
      if (event.event === "missed") void this.readAnew();
      if (event.event === "home" && event.home.state === "open") void this.readLists();
      if (event.event === "transfer_failed") this.toast(event.error.code, "");
      if (event.event === "new_client") this.toast("new_client", "");
      if (event.event === "suite_not_supported") this.toast("suite_not_supported", "");
    }
  }

  private async readAnew(): Promise<void> {
    await this.readLists();
    const { timeline } = this.store.get();
    if (timeline) await this.open(timeline.room, { to: "end" });
  }

  private async readLatest(rooms: readonly RoomId[]): Promise<void> {
    for (let at = 0; at < rooms.length; at += LATEST_AT_ONCE) {
      const part = rooms.slice(at, at + LATEST_AT_ONCE);
      // Part after part: the lists above must not wait behind hundreds of reads.
      // oxlint-disable-next-line no-await-in-loop
      const found = await Promise.all(
        part.map((room) => this.client.messages.history(room, { limit: 1 })),
      );
      this.store.dispatch({ do: "latest", messages: found.flat() });
    }
  }

  private async lastPage(room: RoomId, limit: number): Promise<Page> {
    const messages = await this.client.messages.history(room, { limit });
    const notices = await this.noticesFrom(room, messages[0]?.n ?? 0, messages.length < limit);
    return { messages, notices, atEnd: true, atStart: messages.length < limit };
  }

  private async pageBefore(room: RoomId, before: number | undefined): Promise<Page> {
    const options = before === undefined ? { limit: PAGE } : { before, limit: PAGE };
    const messages = await this.client.messages.history(room, options);
    const atStart = messages.length < PAGE;
    return {
      messages,
      notices: await this.noticesFrom(room, messages[0]?.n ?? 0, atStart),
      atStart,
    };
  }

  private async pageAfter(room: RoomId, after: number): Promise<Page> {
    const messages = await this.client.messages.history(room, { after, limit: PAGE });
    if (messages.length === PAGE) return { messages, notices: [] };
    // Queued ones stand behind all of them.
    const queued = await this.client.messages.history(room, { limit: PAGE });
    return {
      messages: [...messages, ...queued.filter(({ n }) => n === null)],
      notices: [],
      atEnd: true,
    };
  }

  private async pageAround(room: RoomId, n: number): Promise<Page> {
    const older = await this.pageBefore(room, n + 1);
    const newer = await this.pageAfter(room, n);
    return {
      messages: [...older.messages, ...newer.messages],
      notices: older.notices,
      atStart: older.atStart ?? false,
      atEnd: newer.atEnd ?? false,
    };
  }

  private noticesFrom(room: RoomId, from: number, isStart: boolean) {
    return this.client.messages.notices(room, { from: isStart ? 0 : from, limit: PAGE * 2 });
  }

  private async watch(task: TaskId): Promise<void> {
    await this.quietly(() => this.client.task(task, TASK_MS));
  }

  private async quietly(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (codeOf(error) !== "timed_out") this.fail(error);
    }
  }

  private toast(code: string | null, text: string): void {
    this.toasts += 1;
    const id = this.toasts;
    this.store.dispatch({ do: "say", toast: { id, code, text } });
    setTimeout(() => this.store.dispatch({ do: "unsay", id }), TOAST_MS);
  }
}

function isWanted(value: unknown): value is Wanted {
  return typeof value === "object" && value !== null && "task" in value;
}
