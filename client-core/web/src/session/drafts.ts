/** Drafts, kept with everything else that is encrypted here, so that a reload loses none. */

import type { MessageId, Restante, RoomId } from "restante-client";
import type { Draft } from "../state/state.ts";
import type { Store } from "../state/store.ts";

const PREFIX = "draft/";

/** How long typing may go on before it is kept. */
const KEEP_AFTER_MS = 400;

export class Drafts {
  private waiting = new Map<RoomId, number>();
  /** What is off the screen and not yet the engine's: files take their time to be sealed. */
  private leaving = new Map<RoomId, readonly Draft[]>();

  constructor(
    private readonly client: Restante,
    private readonly store: Store,
  ) {}

  async read(): Promise<ReadonlyMap<RoomId, Draft>> {
    const kept = await this.client.kept.list(PREFIX);
    const drafts = new Map<RoomId, Draft>();
    for (const [key, value] of Object.entries(kept)) {
      const draft = parse(value);
      if (draft) drafts.set(key.slice(PREFIX.length) as RoomId, draft);
    }
    return drafts;
  }

  /** Keeps a draft soon; an empty one is forgotten. */
  put(room: RoomId, draft: Draft): void {
    this.store.dispatch({ do: "draft", room, draft });
    window.clearTimeout(this.waiting.get(room));
    this.waiting.set(
      room,
      window.setTimeout(() => void this.keep(room), KEEP_AFTER_MS),
    );
  }

  /**
   * Takes a draft off the screen while it is sent. Until the engine has it, it is kept together with what
   * is written next: a page that goes meanwhile loses neither.
   */
  async leave(room: RoomId, draft: Draft, send: () => Promise<boolean>): Promise<boolean> {
    this.leaving.set(room, [...(this.leaving.get(room) ?? []), draft]);
    try {
      return await send();
    } finally {
      const others = this.leaving.get(room)?.filter((one) => one !== draft) ?? [];
      if (others.length > 0) this.leaving.set(room, others);
      else this.leaving.delete(room);
      void this.keep(room);
    }
  }

  /** Keeps at once what waits: the page may be going. Resolves when all of it is kept. */
  async flush(): Promise<void> {
    const waiting = [...this.waiting];
    await Promise.all(
      waiting.map(([room, timer]) => {
        window.clearTimeout(timer);
        return this.keep(room);
      }),
    );
  }

  private async keep(room: RoomId): Promise<void> {
    this.waiting.delete(room);
    const shown = this.store.get().drafts.get(room);
    const draft = together([...(this.leaving.get(room) ?? []), ...(shown ? [shown] : [])]);
    // A draft that cannot be kept is still on screen; the next key tries again.
    await this.client.kept.set(PREFIX + room, draft).catch(() => undefined);
  }
}

/** Drafts as one, in the order in which they were written; none of none. */
export function together(drafts: readonly Draft[]): Draft | null {
  const written = drafts.filter(({ text, reply }) => text !== "" || reply !== null);
  if (written.length === 0) return null;
  const texts = written.map(({ text }) => text).filter((text) => text !== "");
  return {
    text: texts.join("\n"),
    reply: written.find(({ reply }) => reply !== null)?.reply ?? null,
  };
}

function parse(value: unknown): Draft | null {
  if (typeof value !== "object" || value === null) return null;
  const { text, reply } = value as { text?: unknown; reply?: unknown };
  if (typeof text !== "string") return null;
  return { text, reply: typeof reply === "string" ? (reply as MessageId) : null };
}
