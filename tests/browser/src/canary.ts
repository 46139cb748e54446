/** Everything that a browser stores for an origin, byte by byte, and words that must not be in it. */

import type { Page } from "playwright-core";
import { expect } from "vitest";

export interface Hit {
  where: "file" | "indexeddb" | "local" | "cache";
  word: string;
}

/** Each of the places must hold something, or the dump looked at nothing. */
export async function expectSealed(page: Page, words: string[]): Promise<void> {
  const { hits, bytes } = await storedBytes(page, words);
  expect(hits).toEqual([]);
  expect(bytes.file).toBeGreaterThan(100_000);
  expect(bytes.indexeddb).toBeGreaterThan(0);
}

/** Looks for words as UTF-8 and UTF-16, in files, IndexedDB, local storage and caches. */
export function storedBytes(page: Page, words: string[]) {
  return page.evaluate(async (wanted) => {
    const hits: Hit[] = [];
    const bytes = { file: 0, indexeddb: 0, local: 0, cache: 0 };
    const patterns = wanted.flatMap((word) => {
      const utf16 = new Uint8Array(word.length * 2);
      for (let at = 0; at < word.length; at += 1) {
        utf16[at * 2] = word.charCodeAt(at) & 0xff;
        utf16[at * 2 + 1] = word.charCodeAt(at) >> 8;
      }
      return [new TextEncoder().encode(word), utf16].map((pattern) => ({
        word,
        pattern: latin(pattern),
      }));
    });
    /** One character for each byte, so that the browser searches. */
    function latin(data: Uint8Array): string {
      return new TextDecoder("latin1").decode(data);
    }
    function look(where: Hit["where"], data: Uint8Array): void {
      bytes[where] += data.length;
      const text = latin(data);
      for (const { word, pattern } of patterns) {
        if (text.includes(pattern)) hits.push({ where, word });
      }
    }
    async function files(folder: FileSystemDirectoryHandle): Promise<void> {
      for await (const [name, handle] of folder.entries()) {
        look("file", new TextEncoder().encode(name));
        if (handle.kind === "directory") await files(handle as FileSystemDirectoryHandle);
        else {
          const file = await (handle as FileSystemFileHandle).getFile();
          look("file", new Uint8Array(await file.arrayBuffer()));
        }
      }
    }
    async function value(of: unknown): Promise<void> {
      if (of instanceof ArrayBuffer) look("indexeddb", new Uint8Array(of));
      else if (ArrayBuffer.isView(of)) look("indexeddb", new Uint8Array(of.buffer));
      else if (of instanceof Blob) look("indexeddb", new Uint8Array(await of.arrayBuffer()));
      else if (typeof of === "object" && of !== null) {
        for (const [key, inner] of Object.entries(of)) {
          look("indexeddb", new TextEncoder().encode(key));
          await value(inner);
        }
      } else look("indexeddb", new TextEncoder().encode(String(of)));
    }
    function done<T>(request: IDBRequest<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error("a database cannot be read"));
      });
    }
    await files(await navigator.storage.getDirectory());
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name ?? ""));
      for (const store of database.objectStoreNames) {
        const all = database.transaction(store).objectStore(store);
        for (const one of await done(all.getAll())) await value(one);
      }
      database.close();
    }
    for (let at = 0; at < localStorage.length; at += 1) {
      const key = localStorage.key(at) ?? "";
      look("local", new TextEncoder().encode(key + localStorage.getItem(key)));
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const kept = await cache.match(request);
        if (kept) look("cache", new Uint8Array(await kept.arrayBuffer()));
      }
    }
    return { hits, bytes };
  }, words);
}

/** Writes a word as nothing of ours does, to see that it is found. */
export async function keepInTheClear(page: Page, word: string): Promise<void> {
  await page.evaluate(async (kept) => {
    const root = await navigator.storage.getDirectory();
    const file = await root.getFileHandle("clear", { create: true });
    const writing = await file.createWritable();
    await writing.write(`${"x".repeat(70_000)}${kept}`);
    await writing.close();
    localStorage.setItem("clear", kept);
    await new Promise<void>((resolve, reject) => {
      const opening = indexedDB.open("clear", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("clear");
      opening.onsuccess = () => {
        const transaction = opening.result.transaction("clear", "readwrite");
        transaction.objectStore("clear").put({ kept: new TextEncoder().encode(kept) }, 1);
        transaction.oncomplete = () => {
          opening.result.close();
          resolve();
        };
        transaction.onabort = () => reject(new Error("not written"));
      };
    });
  }, word);
}
