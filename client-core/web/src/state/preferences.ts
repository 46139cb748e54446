/**
 * Language and theme. They are not secret and needed before the first paint, so they lie in the
 * browser's local storage; `public/first-paint.js` reads the same keys.
 */

export type Theme = "system" | "light" | "dark";
export type Language = "en" | "zh";

export interface Preferences {
  readonly theme: Theme;
  readonly language: Language;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** What was chosen, else what the browser is set to. */
export function readPreferences(store: Store | null, browserLanguage: string): Preferences {
  const theme = read(store, "theme");
  const language = read(store, "language") ?? browserLanguage;
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    language: language.toLowerCase().startsWith("zh") ? "zh" : "en",
  };
}

/** Keeps a choice; where storage is switched off it holds until the page is closed. */
export function keepPreferences(store: Store | null, preferences: Preferences): void {
  try {
    if (preferences.theme === "system") store?.removeItem("theme");
    else store?.setItem("theme", preferences.theme);
    store?.setItem("language", preferences.language);
  } catch {
    // Said above.
  }
}

function read(store: Store | null, key: string): string | null {
  try {
    return store?.getItem(key) ?? null;
  } catch {
    return null;
  }
}
