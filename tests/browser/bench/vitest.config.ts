import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["bench/**/*.bench.ts"],
    // A hundred thousand messages are written first.
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
    maxWorkers: 1,
  },
});
