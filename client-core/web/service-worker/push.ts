/**
 * A push says that something arrived, and nothing of what it is: the keys are in a page's worker, where
 * no service worker reaches them. So a notification has the same words always, and where a page is open
 * that page is asked first: it knows which rooms are muted.
 */

import type { News, ToPage, Words } from "./protocol.ts";
import { ROOM_HASH, WORDS_CACHE, WORDS_PATH } from "./protocol.ts";

declare const self: ServiceWorkerGlobalScope;

/** How long an open page may take to answer. Browsers want something shown soon. */
const PATIENCE_MS = 3_000;

/** Newer ones take the place of older ones. */
const TAG = "news";

const UNKNOWN: Words = { title: "Restante", body: "New messages", lang: "en" };

/** Tells the person, unless a page shows it already or says that nobody wants to know. */
export async function announce(): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (pages.some((page) => page.visibilityState === "visible")) return;
  const news = pages[0] ? await ask(pages[0]) : null;
  if (news?.tell === false) return;
  const { title, body, lang } = await words();
  await self.registration.showNotification(title, {
    body,
    lang,
    tag: TAG,
    icon: "/icon-192.png",
    data: news?.room ?? null,
  });
}

/** Brings a page to the front, or opens one, at the room if it is known. */
export async function openRoom(room: unknown): Promise<void> {
  const of = typeof room === "string" ? room : null;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages[0];
  if (!page) {
    await self.clients.openWindow(of === null ? "/" : `/${ROOM_HASH}${of}`);
    return;
  }
  page.postMessage({ kind: "open", room: of } satisfies ToPage);
  await page.focus();
}

/** Null where the page does not answer in time. */
function ask(page: Client): Promise<News | null> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<News>) => resolve(data);
    setTimeout(() => resolve(null), PATIENCE_MS);
    page.postMessage({ kind: "news?" } satisfies ToPage, [port2]);
  });
}

async function words(): Promise<Words> {
  const cache = await caches.open(WORDS_CACHE);
  const kept = await cache.match(WORDS_PATH);
  return kept ? ((await kept.json()) as Words) : UNKNOWN;
}
