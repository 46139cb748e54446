/** Times as people say them, in the reader's zone. */

import type { Say } from "./index.ts";
import { startOfDay } from "../state/rows.ts";

export interface Dates {
  /** `14:03`. */
  time(time: number): string;
  /** Today, yesterday, a weekday of the last days, else a date. */
  day(time: number, now: number): string;
  /** The shortest of them: in a list. */
  brief(time: number, now: number): string;
  /** Date, time and zone in full. */
  full(time: number): string;
}

const DAY_MS = 86_400_000;

/** @param zone - Of the reader by default. */
export function datesIn(locale: string, say: Say, zone?: string): Dates {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, zone ? { ...options, timeZone: zone } : options);
  const time = format({ hour: "2-digit", minute: "2-digit", hour12: false });
  const weekday = format({ weekday: "long" });
  const date = format({ day: "numeric", month: "long" });
  const dateWithYear = format({ day: "numeric", month: "long", year: "numeric" });
  const short = format({ day: "numeric", month: "numeric" });
  const shortWithYear = format({ day: "numeric", month: "numeric", year: "2-digit" });
  const full = format({ dateStyle: "full", timeStyle: "long" });
  const daysAgo = (then: number, now: number) =>
    Math.round((startOfDay(now) - startOfDay(then)) / DAY_MS);
  const isThisYear = (then: number, now: number) =>
    new Date(then).getFullYear() === new Date(now).getFullYear();
  const relative = (then: number, now: number) => {
    const days = daysAgo(then, now);
    if (days <= 0) return say("day.today");
    if (days === 1) return say("day.yesterday");
    return days < 7 ? weekday.format(then) : null;
  };
  return {
    time: (then) => time.format(then),
    full: (then) => full.format(then),
    day: (then, now) =>
      relative(then, now) ?? (isThisYear(then, now) ? date : dateWithYear).format(then),
    brief: (then, now) =>
      daysAgo(then, now) <= 0
        ? time.format(then)
        : (relative(then, now) ?? (isThisYear(then, now) ? short : shortWithYear).format(then)),
  };
}

/** `1:05`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** `1.4 MB`. */
export function size(bytes: number, locale: string): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}
