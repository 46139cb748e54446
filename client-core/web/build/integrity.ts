import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** A tag that loads a script or a style sheet of this site. */
const LOADING_TAG = /<(?:script|link)\b[^>]*\b(?:src|href)="\/([^"]+\.(?:js|css))"[^>]*>/g;

/**
 * Writes the hash of each script and style sheet into the tag that loads it, so that a browser runs
 * only what this index was built with.
 *
 * Source: https://www.w3.org/TR/SRI/
 */
export function integrity(): Plugin {
  let folder = "";
  return {
    name: "restante:integrity",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    writeBundle() {
      const index = join(folder, "index.html");
      const page = readFileSync(index, "utf8");
      writeFileSync(
        index,
        page.replace(LOADING_TAG, (tag, path: string) => {
          const hash = createHash("sha384").update(readFileSync(join(folder, path)));
          return tag.replace(/\/?>$/, ` integrity="sha384-${hash.digest("base64")}">`);
        }),
      );
    },
  };
}
