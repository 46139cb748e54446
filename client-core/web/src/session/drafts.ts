/** Drafts, kept with everything else that is encrypted here, so that a reload loses none. */

import type { MessageId, Restante, RoomId } from "restante-client";
import type { Draft } from "../state/state.ts";
import type { Store } from "../state/store.ts";

const PREFIX = "draft/";

/** How long typing may go on before it is kept. */
const KEEP_AFTER_MS = 400;

export class Drafts {
  private waiting = new Map<RoomId, number>();

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
    const draft = this.store.get().drafts.get(room) ?? null;
    // A draft that cannot be kept is still on screen; the next key tries again.
    await this.client.kept.set(PREFIX + room, draft).catch(() => undefined);
  }
}

function parse(value: unknown): Draft | null {
  if (typeof value !== "object" || value === null) return null;
  const { text, reply } = value as { text?: unknown; reply?: unknown };
  if (typeof text !== "string") return null;
  return { text, reply: typeof reply === "string" ? (reply as MessageId) : null };
}
