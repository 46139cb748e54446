/**
 * Texts in the person's language, with values in their places and plural forms by `Intl`.
 *
 * `en.ts` says which texts exist; `zh.ts` must have the same ones, or it does not compile. A text with
 * a number has a form for each plural category of its language.
 */

import type { Language } from "../state/preferences.ts";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

/** A text, or its plural forms by the value `n`. */
export type Text = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);

export type Key = keyof typeof en;

/** Every language has exactly the texts of English. */
export type Texts = Readonly<Record<Key, Text>>;

/** Names of the places in a text: `{name}`. */
type Places<T> = T extends `${string}{${infer Place}}${infer Rest}` ? Place | Places<Rest> : never;
type PlacesOf<K extends Key> = (typeof en)[K] extends infer T
  ? T extends string
    ? Places<T>
    : Places<T[keyof T]>
  : never;
type Values<K extends Key> = Record<PlacesOf<K>, string | number>;

/** Says a text. Values are asked for exactly where the text has places. */
export type Say = <K extends Key>(
  key: K,
  ...values: [PlacesOf<K>] extends [never] ? [] : [Values<K>]
) => string;

/** As HTML and `Intl` name them. */
export const LOCALES: Record<Language, string> = { en: "en", zh: "zh-Hans" };

const TEXTS: Record<Language, Texts> = { en, zh };

export function sayIn(language: Language): Say {
  const texts = TEXTS[language];
  const plural = new Intl.PluralRules(LOCALES[language]);
  const number = new Intl.NumberFormat(LOCALES[language]);
  return (key, ...rest) => {
    const values = (rest[0] ?? {}) as Record<string, string | number>;
    const text = form(texts[key], values["n"], plural);
    return text.replace(/\{(\w+)\}/g, (place, name: string) => {
      const value = values[name];
      if (value === undefined) return place;
      return typeof value === "number" ? number.format(value) : value;
    });
  };
}

function form(text: Text, n: string | number | undefined, plural: Intl.PluralRules): string {
  if (typeof text === "string") return text;
  return text[plural.select(Number(n ?? 0))] ?? text.other;
}

/** Codes that mean the same to a person as another one. */
const SAME_AS: Readonly<Record<string, Key>> = {
  bad_request: "error.relay_fault",
  wrong_connection: "error.relay_fault",
  bad_signature: "error.not_trusted",
  no_such_inbox: "error.unauthorized",
  contact_token_refused: "error.not_allowed",
  conflict: "error.internal",
  stamp_refused: "error.rate_limited",
  shutting_down: "error.overloaded",
  storage_unavailable: "error.internal",
  no_such_seat: "error.unauthorized",
  seat_not_rotated: "error.internal",
  seat_change_refused: "error.internal",
  mailbox_exists: "error.internal",
  input_output: "error.storage",
  no_such_blob: "error.attachment_gone",
  beyond_log: "error.relay_fault",
};

/** What an error's code means and what to do about it. */
export function sayError(say: Say, code: string): string {
  const key = SAME_AS[code] ?? `error.${code}`;
  return key in en ? say(key as ErrorKey) : say("error.unknown", { code });
}

type ErrorKey = Exclude<Extract<Key, `error.${string}`>, "error.unknown">;
