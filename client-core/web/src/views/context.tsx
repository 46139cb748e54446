/** What every view may use: the state, the session, texts and dates. */

import { createContext } from "preact";
import { useContext, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { datesIn } from "../i18n/dates.ts";
import type { Dates } from "../i18n/dates.ts";
import { LOCALES, sayIn } from "../i18n/index.ts";
import type { Say } from "../i18n/index.ts";
import type { FileState } from "../session/files.ts";
import type { Session } from "../session/session.ts";
import type { Action } from "../state/act.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../state/store.ts";

interface App {
  readonly store: Store;
  readonly session: Session | null;
}

export const AppContext = createContext<App | null>(null);

function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error("a view outside of the app");
  return app;
}

/** The session; views that use it are shown only once there is one. */
export function useSession(): Session {
  const { session } = useApp();
  if (!session) throw new Error("a view before its session");
  return session;
}

export function useDispatch(): (action: Action) => void {
  return useApp().store.dispatch;
}

/** A part of the state; the view is drawn again only when that part changes. */
export function useView<T>(select: (state: State) => T): T {
  const { store } = useApp();
  const selected = select(store.get());
  const shown = useRef(selected);
  shown.current = selected;
  const latest = useRef(select);
  latest.current = select;
  const [, draw] = useState(0);
  useEffect(() => {
    const look = () => {
      if (!Object.is(latest.current(store.get()), shown.current)) draw((n) => n + 1);
    };
    // What happened between drawing and watching.
    look();
    return store.subscribe(look);
  }, [store]);
  return selected;
}

export function useSay(): Say {
  const language = useView((state) => state.preferences.language);
  return useMemo(() => sayIn(language), [language]);
}

export function useLocale(): string {
  return LOCALES[useView((state) => state.preferences.language)];
}

export function useDates(): Dates {
  const locale = useLocale();
  const say = useSay();
  return useMemo(() => datesIn(locale, say), [locale, say]);
}

/** Midnight comes: what says "today" is drawn again. Also every minute, for short times. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 60_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** A fetched file, as it comes. */
export function useFile(key: string): FileState {
  const { files } = useSession();
  const [, draw] = useState(0);
  const state = files.get(key);
  const shown = useRef(state);
  shown.current = state;
  useEffect(() => {
    const look = () => {
      if (files.get(key) !== shown.current) draw((n) => n + 1);
    };
    look();
    return files.subscribe(look);
  }, [files, key]);
  return state;
}
