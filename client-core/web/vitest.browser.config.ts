import { defineConfig } from "vitest/config";

/** Whole stories in a real browser against a real relay. */
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
