import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["stories/**/*.test.ts"],
    // A whole story on a busy build machine; steps have deadlines of their own.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Each story runs a relay and several browsers.
    maxWorkers: 1,
  },
});
