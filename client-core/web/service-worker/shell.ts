/**
 * The files of one version of the page, kept so that it starts without the relay.
 *
 * All of a version is kept before any of it is used, and each file only with the bytes that the version
 * was built with: a page is never made of two versions, whatever the relay serves meanwhile. Never does:
 * keep an answer of the relay's interface.
 */

import { files, version } from "virtual:shell";

/** Caches of this kind, one for each version. */
const KIND = "shell/";
const CACHE = KIND + version;

/** The page itself. */
const INDEX = "/";

const paths: ReadonlySet<string> = new Set(files.map(({ path }) => path));

/** Fetches all files of this version; rejects if one cannot be had as it was built. */
export async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    files.map(({ path, integrity }) =>
      cache.add(new Request(path, { integrity, cache: "no-cache", credentials: "omit" })),
    ),
  );
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
  return paths.has(pathname) ? pathname : null;
}

/** A file as it was kept; from the relay if the browser has let it go. */
export async function answer(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
