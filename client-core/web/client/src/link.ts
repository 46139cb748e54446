/** The page's end of its worker: asks and answers, events, how things stand. */

import { RestanteError } from "./error.js";
import type { ClientEvent } from "./types.js";
import type { Call, Given, Standing, Told, Wish } from "./worker/protocol.js";

interface Waiting {
  resolve(given: Given): void;
  reject(error: RestanteError): void;
}

export class Link {
  standing: Standing | null = null;
  private readonly listeners = new Set<(events: readonly ClientEvent[]) => void>();
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private isClosed = false;

  private constructor(private readonly worker: Worker) {}

  /** Resolves when it is known how things stand here. */
  static open(worker: Worker): Promise<Link> {
    const link = new Link(worker);
    return new Promise((resolve, reject) => {
      worker.onerror = () => reject(new RestanteError("internal_client"));
      worker.onmessage = ({ data }: MessageEvent<Told>) => {
        if (data.kind === "impossible") {
          const error = new RestanteError(data.fault.code, data.fault.retry);
          link.end(error);
          reject(error);
        } else {
          link.hear(data);
          if (link.standing) resolve(link);
        }
      };
    });
  }

  subscribe(listener: (events: readonly ClientEvent[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Asks for something. */
  ask(what: Wish): Promise<Given> {
    if (this.isClosed) return Promise.reject(new RestanteError("closed"));
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, what });
    });
  }

  /** Asks for something that is given as JSON. */
  async read<T>(what: Wish): Promise<T> {
    const given = await this.ask(what);
    return (typeof given === "string" ? JSON.parse(given) : given) as T;
  }

  /** A call about an open home. */
  call<T>(of: Call["of"], name: string, given?: object, blobs: Blob[] = []): Promise<T> {
    const call = given === undefined ? { do: name } : { do: name, with: given };
    return this.read<T>({ kind: "call", call: { of, call }, blobs });
  }

  close(): void {
    if (this.isClosed) return;
    this.worker.postMessage("close");
    this.end(new RestanteError("closed"));
  }

  private hear(told: Told): void {
    switch (told.kind) {
      case "standing":
        this.standing = told.standing;
        break;
      case "events":
        for (const listener of this.listeners) listener(told.events);
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

  private end(error: RestanteError): void {
    this.isClosed = true;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
