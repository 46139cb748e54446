/**
 * The files of one version of the page, kept so that it starts without the relay.
 *
 * All of a version is kept before any of it is used, but for what few people need, which is kept when the
 * first of them does; and each file only with the bytes that the version was built with: a page is never
 * made of two versions, whatever the relay serves meanwhile. Never does: keep an answer of the relay's
 * interface.
 */

import { files, version } from "virtual:shell";

/** Caches of this kind, one for each version. */
const KIND = "shell/";
const CACHE = KIND + version;

/** The page itself. */
const INDEX = "/";

type File = (typeof files)[number];

const byPath: ReadonlyMap<string, File> = new Map(files.map((file) => [file.path, file]));

/** Fetches the files of this version; rejects if one cannot be had as it was built. */
export async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(files.filter(({ later }) => !later).map((file) => cache.add(asBuilt(file))));
}

/** Asks the relay for a file, and takes no bytes but those that the version was built with. */
function asBuilt({ path, integrity }: File): Request {
  return new Request(path, { integrity, cache: "no-cache", credentials: "omit" });
}

/** Lets the files of other versions go. */
export async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(KIND) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** Which file answers a request; none for what only the relay knows. */
export function pathFor(
  request: Pick<Request, "method" | "mode" | "url">,
  origin: string,
): string | null {
  const { origin: of, pathname } = new URL(request.url);
  if (request.method !== "GET" || of !== origin) return null;
  if (request.mode === "navigate") return pathname === INDEX ? INDEX : null;
  return byPath.has(pathname) ? pathname : null;
}

/** A file as it was kept; from the relay if it is needed for the first time or was let go. */
export async function answer(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(path);
  if (kept !== undefined) return kept;
  const file = byPath.get(path);
  if (file?.later !== true) return fetch(request);
  const fetched = await fetch(asBuilt(file));
  if (fetched.ok) await cache.put(path, fetched.clone());
  return fetched;
}
