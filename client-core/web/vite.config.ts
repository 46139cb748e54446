import { defineConfig } from "vitest/config";
import { integrity } from "./build/integrity.ts";

export default defineConfig({
  resolve: {
    alias: {
      "react/jsx-runtime": "preact/jsx-runtime",
      "react-dom": "preact/compat",
      react: "preact/compat",
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist/built",
    emptyOutDir: true,
    target: "es2024",
    // The first that know `light-dark()`. For older ones `:dir()` would be made a list of languages,
    // which messages do not tell.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Everything below is hashed and immutable; inlined data would need `data:` in the policy.
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  // The service worker is built of what this makes, and then all of it is packed.
  plugins: [integrity()],
  test: { include: ["src/**/*.test.{ts,tsx}", "service-worker/**/*.test.ts"] },
});
