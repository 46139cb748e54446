/** Lets a message ask the composer of its room to answer or edit it. */

import type { Message, RoomId } from "restante-client";

export interface ComposerHandle {
  reply(message: Message): void;
  edit(message: Message): void;
  /** Puts the cursor there. */
  focus(): void;
  addFiles(files: readonly File[]): void;
}

let shown: { room: RoomId; handle: ComposerHandle } | null = null;

/** There is one composer at a time. */
export function showComposer(room: RoomId, handle: ComposerHandle): () => void {
  const mine = { room, handle };
  shown = mine;
  return () => {
    if (shown === mine) shown = null;
  };
}

export function composerOf(room: RoomId): ComposerHandle | null {
  return shown?.room === room ? shown.handle : null;
}
