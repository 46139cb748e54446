/** Puts the screen on the page, and the client behind it. */

import { render } from "preact";
import type { Restante } from "restante-client";
import { LOCALES } from "./i18n/index.ts";
import { codeOf } from "./session/errors.ts";
import { startServiceWorker } from "./session/service-worker.ts";
import { Session } from "./session/session.ts";
import { keepPreferences, readPreferences } from "./state/preferences.ts";
import type { Preferences } from "./state/preferences.ts";
import { emptyState } from "./state/state.ts";
import type { Store } from "./state/store.ts";
import { createStore } from "./state/store.ts";
import { App } from "./views/app.tsx";
import { AppContext } from "./views/context.tsx";

/** @param open - Opens the client of this origin. */
export async function start(root: HTMLElement, open: () => Promise<Restante>): Promise<void> {
  const storage = localStorageIfAny();
  const store = createStore(emptyState(readPreferences(storage, navigator.language)));
  followPreferences(store, storage);
  const show = (session: Session | null) =>
    render(
      <AppContext.Provider value={{ store, session }}>
        <App />
      </AppContext.Provider>,
      root,
    );
  show(null);
  if (!isSecureContext) {
    store.dispatch({ do: "home", home: { state: "impossible", code: "insecure_page" } });
    return;
  }
  try {
    const session = new Session(await open(), store);
    show(session);
    followPage(session);
    // Not while developing: there the files have no versions.
    if (import.meta.env.PROD) void startServiceWorker(session);
    await session.start();
  } catch (error) {
    store.dispatch({ do: "home", home: { state: "impossible", code: codeOf(error) } });
  }
}

/** The page looks as was chosen, and the choice is kept. */
function followPreferences(store: Store, storage: Storage | null): void {
  let shown: Preferences | null = null;
  const follow = () => {
    const { preferences } = store.get();
    if (preferences === shown) return;
    const root = document.documentElement;
    root.lang = LOCALES[preferences.language];
    if (preferences.theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = preferences.theme;
    if (shown !== null) keepPreferences(storage, preferences);
    shown = preferences;
  };
  follow();
  store.subscribe(follow);
}

/** Tells the client whether somebody looks, and keeps drafts when the page goes. */
function followPage(session: Session): void {
  const look = () => {
    const isHere = document.visibilityState === "visible";
    // Said anew at the next change; nobody waits for it.
    session.client.presence.here(isHere).catch(() => undefined);
    if (isHere) return;
    void session.drafts.flush();
    // Whoever looks away may close the page: what the engine would have sent later it sends now.
    session.client.sync().catch(() => undefined);
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", () => void session.drafts.flush());
  session.store.subscribe(
    once(
      () => session.store.get().home.state === "open",
      () => {
        look();
        // Else the browser may let everything go when its disk fills up.
        void navigator.storage?.persist?.().catch(() => false);
      },
    ),
  );
}

function once(isTime: () => boolean, act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone || !isTime()) return;
    isDone = true;
    act();
  };
}

function localStorageIfAny(): Storage | null {
  try {
    return localStorage;
  } catch {
    // Switched off: choices hold until the page is closed.
    return null;
  }
}
