import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Plugin } from "vite";

const MODULE = "virtual:shell";
const RESOLVED = `\0${MODULE}`;

/** What the service worker itself is, and forms of files that have no path of their own. */
const NO_PART = /^service-worker\.js$|\.br$/;

/** What only some people need, and they are at the relay then: the judge of new passwords. */
const LATER = /^assets\/restante_strength/;

/** Tells the service worker which files a page is made of, and what they hash to. */
export function shell(folder: string): Plugin {
  return {
    name: "restante:shell",
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return undefined;
      const files = filesIn(folder);
      const version = createHash("sha256").update(JSON.stringify(files)).digest("base64url");
      return `export const version = ${JSON.stringify(version)};
        export const files = ${JSON.stringify(files)};`;
    },
  };
}

function filesIn(folder: string): { path: string; integrity: string; later: boolean }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, name: relative(folder, file).split(sep).join("/") }))
    .filter(({ name }) => !NO_PART.test(name))
    .map(({ file, name }) => {
      const hash = createHash("sha384").update(readFileSync(file)).digest("base64");
      const path = name === "index.html" ? "/" : `/${name}`;
      return { path, integrity: `sha384-${hash}`, later: LATER.test(name) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
