/** Plays one voice message at a time; goes on when another chat is opened. */

export interface Playing {
  readonly key: string;
  readonly isPaused: boolean;
  /** From 0 to 1. */
  readonly position: number;
}

export class Player {
  private readonly audio = new Audio();
  private readonly listeners = new Set<() => void>();
  private playing: Playing | null = null;
  private durationMs = 0;

  constructor() {
    for (const event of ["timeupdate", "play", "pause"]) {
      this.audio.addEventListener(event, () => this.moved());
    }
    this.audio.addEventListener("ended", () => this.tell(null));
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get(): Playing | null {
    return this.playing;
  }

  /** Starts, pauses or goes on. Rejects if the browser cannot play what it is given. */
  async toggle(key: string, url: string, durationMs: number): Promise<void> {
    if (this.playing?.key === key) {
      if (this.audio.paused) await this.audio.play();
      else this.audio.pause();
      return;
    }
    this.audio.src = url;
    this.durationMs = durationMs;
    this.tell({ key, isPaused: false, position: 0 });
    await this.audio.play();
  }

  /** @param position - From 0 to 1. */
  seek(position: number): void {
    if (this.playing) this.audio.currentTime = (position * this.durationMs) / 1000;
  }

  private moved(): void {
    if (!this.playing) return;
    // Recorded streams do not say how long they are; their message does.
    const position = this.durationMs === 0 ? 0 : (this.audio.currentTime * 1000) / this.durationMs;
    this.tell({
      ...this.playing,
      isPaused: this.audio.paused,
      position: Math.min(1, position),
    });
  }

  private tell(playing: Playing | null): void {
    this.playing = playing;
    for (const listener of this.listeners) listener();
  }
}
