/** Records the microphone: the sound, and how loud it was. */

/** Levels that a message carries at most. */
const LEVELS = 128;

/** How often loudness is read. */
const EVERY_MS = 50;

/** Longest voice message: somebody forgot to stop. */
const MAX_MS = 15 * 60_000;

/** What browsers record, best first; every current one has one of them and plays both. */
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

export interface Recording {
  readonly blob: Blob;
  readonly durationMs: number;
  /** From 0 to 255, at most 128. */
  readonly levels: number[];
}

export class Recorder {
  private readonly chunks: Blob[] = [];
  private readonly levels: number[] = [];
  private readonly startedAt = performance.now();
  private readonly timer: number;

  private constructor(
    private readonly stream: MediaStream,
    private readonly recorder: MediaRecorder,
    private readonly context: AudioContext,
    private readonly analyser: AnalyserNode,
    private readonly onLevel: (levels: readonly number[], ms: number) => void,
  ) {
    recorder.addEventListener("dataavailable", (event) => this.chunks.push(event.data));
    recorder.start(1000);
    this.timer = window.setInterval(() => this.read(), EVERY_MS);
  }

  /** Rejects if the person or the browser does not give the microphone. */
  static async start(onLevel: (levels: readonly number[], ms: number) => void): Promise<Recorder> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(stream).connect(analyser);
    return new Recorder(stream, recorder, context, analyser, onLevel);
  }

  /** Ends it and gives what was recorded. */
  async stop(): Promise<Recording> {
    const durationMs = this.elapsed();
    await new Promise<void>((resolve) => {
      this.recorder.addEventListener("stop", () => resolve(), { once: true });
      this.recorder.stop();
    });
    this.release();
    const type = this.recorder.mimeType.split(";")[0] ?? "audio/webm";
    return {
      blob: new Blob(this.chunks, { type }),
      durationMs,
      levels: shrink(this.levels, LEVELS),
    };
  }

  /** Ends it and keeps nothing. */
  discard(): void {
    if (this.recorder.state !== "inactive") this.recorder.stop();
    this.release();
  }

  private read(): void {
    const samples = new Uint8Array(this.analyser.fftSize);
    this.analyser.getByteTimeDomainData(samples);
    let loudest = 0;
    for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample - 128));
    this.levels.push(Math.min(255, loudest * 2));
    this.onLevel(this.levels, this.elapsed());
    if (this.elapsed() > MAX_MS && this.recorder.state === "recording") this.recorder.pause();
  }

  private elapsed(): number {
    return Math.min(MAX_MS, Math.round(performance.now() - this.startedAt));
  }

  private release(): void {
    window.clearInterval(this.timer);
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close();
  }
}

/** At most so many, the loudest of each share. */
export function shrink(levels: readonly number[], most: number): number[] {
  if (levels.length <= most) return [...levels];
  return Array.from({ length: most }, (_, at) => {
    const from = Math.floor((at * levels.length) / most);
    return Math.max(...levels.slice(from, Math.floor(((at + 1) * levels.length) / most)));
  });
}
