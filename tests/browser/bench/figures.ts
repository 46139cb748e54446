/** What was measured, beside what was promised. */

export interface Figure {
  what: string;
  median: number;
  /** What one in twenty exceeds; none where there are too few samples to say. */
  worst?: number;
  unit: "ms" | "MiB" | "1/s";
  /** Of the design; none where it names none. */
  budget?: string;
}

/** Samples from which a twentieth can be told. */
const ENOUGH = 20;

export function figure(
  what: string,
  samples: readonly number[],
  budget?: string,
  unit: Figure["unit"] = "ms",
): Figure {
  const sorted = [...samples].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
  return {
    what,
    median: at(0.5),
    unit,
    ...(sorted.length >= ENOUGH ? { worst: at(0.95) } : {}),
    ...(budget === undefined ? {} : { budget }),
  };
}

/** A table in Markdown. */
export function table(figures: readonly Figure[]): string {
  const number = (value: number | undefined, unit: string) =>
    value === undefined ? "" : `${value < 100 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
  const rows = figures.map(
    ({ what, median, worst, unit, budget }) =>
      `| ${what} | ${number(median, unit)} | ${number(worst, unit)} | ${budget ?? ""} |`,
  );
  return [
    "| what | median | 95th percentile | budget |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
