/** Bars drawn at most: more are thinner than a pixel. */
const BARS = 48;

interface WaveformProps {
  /** From 0 to 255. */
  levels: readonly number[];
  /** Heard already, from 0 to 1. */
  position: number;
}

/** Loudness over time. */
export function Waveform({ levels, position }: WaveformProps) {
  const bars = resample(levels, BARS);
  return (
    <svg
      class="waveform"
      viewBox={`0 0 ${BARS * 4} 28`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {bars.map((level, at) => {
        const height = Math.max(3, (level / 255) * 26);
        return (
          <rect
            // A bar is its place.
            // oxlint-disable-next-line react/no-array-index-key
            key={at}
            class={at < position * BARS ? "wave-heard" : "wave"}
            x={at * 4}
            y={(28 - height) / 2}
            width="2.4"
            height={height}
            rx="1.2"
          />
        );
      })}
    </svg>
  );
}

/** The loudest of each share. */
export function resample(levels: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * levels.length) / count);
    const to = Math.max(from + 1, Math.floor(((at + 1) * levels.length) / count));
    return Math.max(0, ...levels.slice(from, to));
  });
}
