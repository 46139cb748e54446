/**
 * The service worker: starts the page without the relay, lets the person choose when a new version takes
 * over, and hears pushes while no page is open. Owns: when each of these happens. Never does: see what
 * is encrypted. Read next: `shell.ts`, `push.ts`.
 */

import type { ToWorker } from "./protocol.ts";
import { announce, openRoom } from "./push.ts";
import { answer, forgetOthers, keep, pathFor } from "./shell.ts";

declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", (event) => event.waitUntil(keep()));

self.addEventListener("activate", (event) => {
  // Pages that were there before are its own, too: each hears when the next version takes over.
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const path = pathFor(event.request, self.location.origin);
  if (path !== null) event.respondWith(answer(path, event.request));
});

self.addEventListener("message", (event) => {
  const said = event.data as ToWorker;
  if (said.kind === "take_over") event.waitUntil(self.skipWaiting());
});

self.addEventListener("push", (event) => event.waitUntil(announce()));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openRoom(event.notification.data));
});
