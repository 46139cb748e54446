import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import type { Plugin } from "vite";

/** Kinds of files that become smaller. */
const COMPRESSIBLE = /\.(?:js|css|html|svg|json|webmanifest|wasm)$/;

/** Writes a Brotli form beside each file that gains by it: the relay compresses nothing itself. */
export function brotli(): Plugin {
  let folder = "";
  return {
    name: "restante:brotli",
    apply: "build",
    // After `restante:integrity` has changed the index.
    enforce: "post",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    writeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const plain = readFileSync(path);
        const packed = brotliCompressSync(plain, {
          params: {
            [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
            [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
            [constants.BROTLI_PARAM_LGWIN]: 22,
          },
        });
        if (packed.length < plain.length) writeFileSync(`${path}.br`, packed);
      }
    },
  };
}
