/**
 * Files and pictures that were fetched, as addresses for `<img>` and `<audio>`.
 *
 * What is fetched goes on when another chat is opened. Of what lies in memory the longest unused goes
 * first; nothing in the clear is written anywhere.
 */

import type { Message, Restante, Room } from "restante-client";
import { codeOf } from "./errors.ts";

/** Bytes in the clear that are kept in memory. */
const MAX_BYTES = 192 * 1024 * 1024;

export type FileState =
  | { state: "none" }
  | { state: "fetching"; cancel: () => void }
  | { state: "here"; url: string; blob: Blob }
  | { state: "failed"; code: string };

const NONE: FileState = { state: "none" };

export class Files {
  private readonly states = new Map<string, FileState>();
  private readonly listeners = new Set<() => void>();
  private bytes = 0;

  constructor(private readonly client: Restante) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get(key: string): FileState {
    return this.states.get(key) ?? NONE;
  }

  /** The file itself. */
  fetch(message: Message, index: number): void {
    this.load(fileKey(message, index), (signal) =>
      this.client.files.fetch(message.room, message.id, index, { signal }),
    );
  }

  /** The small picture that came with the message. */
  thumbnail(message: Message, index: number): void {
    this.load(thumbnailKey(message, index), () =>
      this.client.files.thumbnail(message.room, message.id, index),
    );
  }

  /** A room's picture. */
  picture(room: Room): void {
    this.load(pictureKey(room), () => this.client.rooms.picture(room.id));
  }

  private load(key: string, read: (signal: AbortSignal) => Promise<Blob | null>): void {
    const had = this.get(key);
    if (had.state === "fetching" || had.state === "here") return;
    const abort = new AbortController();
    this.set(key, { state: "fetching", cancel: () => abort.abort() });
    read(abort.signal).then(
      (blob) => this.set(key, blob ? this.keep(blob) : NONE),
      (error: unknown) =>
        this.set(key, abort.signal.aborted ? NONE : { state: "failed", code: codeOf(error) }),
    );
  }

  private keep(blob: Blob): FileState {
    this.bytes += blob.size;
    return { state: "here", url: URL.createObjectURL(blob), blob };
  }

  private set(key: string, state: FileState): void {
    this.states.delete(key);
    if (state.state !== "none") this.states.set(key, state);
    for (const [old, { state: kind }] of this.states) {
      if (this.bytes <= MAX_BYTES) break;
      if (kind === "here" && old !== key) this.drop(old);
    }
    for (const listener of this.listeners) listener();
  }

  private drop(key: string): void {
    const state = this.get(key);
    if (state.state !== "here") return;
    URL.revokeObjectURL(state.url);
    this.bytes -= state.blob.size;
    this.states.delete(key);
  }
}

export const fileKey = (message: Message, index: number) => `file/${message.id}/${index}`;
export const thumbnailKey = (message: Message, index: number) => `small/${message.id}/${index}`;
export const pictureKey = (room: Room) => `picture/${room.id}/${room.picture?.sha256 ?? ""}`;

/** Gives a file to the person's disk. As bytes: whatever it is, the browser opens none of it. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
