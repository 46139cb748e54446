/** Builds the service worker, which must know all files of the page: after `vite.config.ts`. */

import { join } from "node:path";
import { defineConfig } from "vite";
import { brotli } from "./build/brotli.ts";
import { shell } from "./build/shell.ts";

const OUT = "dist/built";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: OUT,
    emptyOutDir: false,
    target: "es2024",
    // One classic script: not every browser runs modules here.
    lib: {
      entry: "service-worker/main.ts",
      formats: ["iife"],
      name: "restante",
      fileName: () => "service-worker.js",
    },
  },
  plugins: [shell(join(import.meta.dirname, OUT)), brotli()],
});
