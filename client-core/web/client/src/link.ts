/**
 * The page's end of its worker: asks and answers, events, how things stand.
 *
 * A worker may end by itself: the browser takes its memory, or the engine hits a fault. What it had
 * accepted is durable, so another one takes its place: it is asked anew what only reads, and whatever
 * else was under way ends as `taken_over`.
 */

import { RestanteError } from "./error.js";
import type { ClientEvent } from "./types.js";
import type { Call, Given, Standing, Told, Wanted, Wish } from "./worker/protocol.js";
import { onlyReads } from "./worker/reads.js";

/** Workers that may end within a while; with one more, something is wrong that another does not mend. */
const MAX_ENDED = 3;
const WITHIN_MS = 60_000;

interface Waiting {
  what: Wish;
  resolve(given: Given): void;
  reject(error: unknown): void;
}

export class Link {
  standing: Standing | null = null;
  private readonly listeners = new Set<(events: readonly ClientEvent[]) => void>();
  private readonly waiting = new Map<number, Waiting>();
  private worker: Worker;
  private ended: number[] = [];
  private lastId = 0;
  private isClosed = false;
  private opened: { resolve(): void; reject(error: RestanteError): void } | null = null;

  private constructor(private readonly start: () => Worker) {
    this.worker = this.started();
    // Where there is no window there is nobody to tell.
    globalThis.addEventListener?.("online", () => this.say({ kind: "hurry" }));
  }

  /** Resolves when it is known how things stand here. */
  static async open(start: () => Worker): Promise<Link> {
    const link = new Link(start);
    await new Promise<void>((resolve, reject) => {
      link.opened = { resolve, reject };
    });
    return link;
  }

  subscribe(listener: (events: readonly ClientEvent[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Asks for something. Rejects with `AbortError` if the signal says that nobody wants it any more. */
  ask(what: Wish, signal?: AbortSignal): Promise<Given> {
    if (this.isClosed) return Promise.reject(new RestanteError("closed"));
    if (signal?.aborted) return Promise.reject(aborted());
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { what, resolve, reject });
      this.say({ kind: "ask", ask: { id, what } });
      const abort = () => {
        if (!this.waiting.delete(id)) return;
        this.say({ kind: "cancel", id });
        reject(aborted());
      };
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** Asks for something that is given as JSON. */
  async read<T>(what: Wish, signal?: AbortSignal): Promise<T> {
    const given = await this.ask(what, signal);
    return (typeof given === "string" ? JSON.parse(given) : given) as T;
  }

  /** A call about an open home. */
  call<T>(of: Call["of"], name: string, given?: object, more: CallOptions = {}): Promise<T> {
    const call = given === undefined ? { do: name } : { do: name, with: given };
    return this.read<T>({ kind: "call", call: { of, call }, blobs: more.blobs ?? [] }, more.signal);
  }

  close(): void {
    if (this.isClosed) return;
    this.say({ kind: "close" });
    this.end(new RestanteError("closed"));
  }

  private started(): Worker {
    const worker = this.start();
    worker.onerror = () => {
      if (worker === this.worker) this.opened?.reject(new RestanteError("internal_client"));
    };
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if (worker === this.worker) this.hear(data);
    };
    return worker;
  }

  private say(wanted: Wanted): void {
    if (!this.isClosed) this.worker.postMessage(wanted);
  }

  private hear(told: Told): void {
    switch (told.kind) {
      case "alive":
        void navigator.locks.request(told.lock, () => this.workerEnded());
        break;
      case "standing":
        this.standing = told.standing;
        this.opened?.resolve();
        break;
      case "impossible": {
        const error = new RestanteError(told.fault.code, told.fault.retry);
        this.end(error);
        this.opened?.reject(error);
        break;
      }
      case "events":
        this.tell(told.events);
        break;
      case "reply": {
        const waiting = this.waiting.get(told.reply.id);
        this.waiting.delete(told.reply.id);
        if ("fault" in told.reply) {
          const { code, retry } = told.reply.fault;
          waiting?.reject(new RestanteError(code, retry));
        } else waiting?.resolve(told.reply.given);
      }
    }
  }

  /** Another worker takes the place of the one that ended. */
  private workerEnded(): void {
    if (this.isClosed) return;
    const now = Date.now();
    this.ended = [...this.ended.filter((time) => now - time < WITHIN_MS), now];
    if (this.ended.length > MAX_ENDED) {
      this.end(new RestanteError("internal_client"));
      return;
    }
    this.worker.terminate();
    this.worker = this.started();
    for (const [id, { what, reject }] of this.waiting) {
      if (onlyReads(what)) this.say({ kind: "ask", ask: { id, what } });
      else {
        this.waiting.delete(id);
        reject(new RestanteError("taken_over", "now"));
      }
    }
    this.tell([{ event: "missed" }]);
  }

  private tell(events: readonly ClientEvent[]): void {
    for (const listener of this.listeners) listener(events);
  }

  private end(error: RestanteError): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
    this.isClosed = true;
  }
}

/** What goes with a call. */
interface CallOptions {
  blobs?: Blob[];
  signal?: AbortSignal | undefined;
}

function aborted(): DOMException {
  return new DOMException("aborted", "AbortError");
}
