/**
 * The page's side of its service worker: announces a new version and takes it when the person wants it,
 * answers what a push is about, and opens the room of a notification.
 */

import type { RoomId } from "restante-client";
import type { News, ToPage, ToWorker, Words } from "../../service-worker/protocol.ts";
import { ROOM_HASH, WORDS_CACHE, WORDS_PATH } from "../../service-worker/protocol.ts";
import { LOCALES, sayIn } from "../i18n/index.ts";
import { unreadRooms } from "../state/chats.ts";
import type { Language } from "../state/preferences.ts";
import type { Session } from "./session.ts";

/** How often a page that stays open looks for a new version. */
const LOOK_EVERY_MS = 60 * 60_000;

/** Where it lies; its scope is the whole site. */
const SCRIPT = "/service-worker.js";

/** Starts it, where the browser has such a thing; without it the page only needs the relay to start. */
export async function startServiceWorker(session: Session): Promise<void> {
  const { serviceWorker } = navigator as { serviceWorker?: ServiceWorkerContainer };
  if (!serviceWorker) return;
  followWorker(serviceWorker, session);
  followLanguage(session);
  openRoomOfAddress(session);
  try {
    const registration = await serviceWorker.register(SCRIPT, { updateViaCache: "none" });
    announceUpdates(registration, session);
    setInterval(() => void look(registration), LOOK_EVERY_MS);
    window.addEventListener("online", () => void look(registration));
  } catch {
    // Switched off, or a private window: the page works as long as the relay is there.
  }
}

/** Lets the version that waits take over: every page of this site is then loaded anew. */
export async function takeUpdate(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  registration?.waiting?.postMessage({ kind: "take_over" } satisfies ToWorker);
}

async function look(registration: ServiceWorkerRegistration): Promise<void> {
  // Without the relay there is no news.
  await registration.update().catch(() => undefined);
}

function announceUpdates(registration: ServiceWorkerRegistration, { store }: Session): void {
  const tell = () => {
    // The first one of all is no update.
    if (registration.waiting && registration.active) store.dispatch({ do: "update_waits" });
  };
  tell();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", tell);
  });
}

function followWorker(container: ServiceWorkerContainer, session: Session): void {
  let wasControlled = container.controller !== null;
  container.addEventListener("controllerchange", () => {
    if (wasControlled) void session.drafts.flush().finally(() => location.reload());
    wasControlled = true;
  });
  container.addEventListener("message", ({ data, ports }: MessageEvent<ToPage>) => {
    if (data.kind === "news?") ports[0]?.postMessage(newsOf(session));
    else if (data.room !== null) void session.open(data.room as RoomId);
  });
  container.startMessages();
}

function newsOf(session: Session): News {
  const rooms = unreadRooms(session.store.get());
  return {
    tell: rooms.length > 0,
    room: rooms.length === 1 ? (rooms[0]?.id ?? null) : null,
  };
}

/** A page that a notification opened begins at its room. */
function openRoomOfAddress(session: Session): void {
  if (!location.hash.startsWith(ROOM_HASH)) return;
  const id = location.hash.slice(ROOM_HASH.length) as RoomId;
  history.replaceState(null, "", location.pathname);
  const stop = session.store.subscribe(() => {
    const { loaded, rooms } = session.store.get();
    if (!loaded) return;
    stop();
    if (rooms.has(id)) void session.open(id);
  });
}

/** Keeps the words of notifications in the language of the page. */
function followLanguage({ store }: Session): void {
  let kept: Language | null = null;
  const follow = () => {
    const { language } = store.get().preferences;
    if (language === kept) return;
    kept = language;
    // Without a cache the words are those of the service worker.
    keepWords(language).catch(() => undefined);
  };
  follow();
  store.subscribe(follow);
}

async function keepWords(language: Language): Promise<void> {
  const say = sayIn(language);
  const words: Words = {
    title: say("app.name"),
    body: say("app.news"),
    lang: LOCALES[language],
  };
  const cache = await caches.open(WORDS_CACHE);
  await cache.put(WORDS_PATH, Response.json(words));
}
