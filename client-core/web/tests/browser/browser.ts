/** A browser, and the example page in it, at an origin that reaches the relay. */

import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromium } from "playwright-core";
import type { PreviewServer } from "vite";
import { build, preview } from "vite";

const EXAMPLE = join(import.meta.dirname, "../../client/example");

/** What keeps a browser from calling home; no other program of the machine is at stake. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
}

/** Builds the example into a folder. */
export async function buildExample(folder: string): Promise<void> {
  await build({
    configFile: false,
    root: EXAMPLE,
    logLevel: "warn",
    build: { outDir: folder, emptyOutDir: true, target: "es2024", assetsInlineLimit: 0 },
    worker: { format: "es" },
  });
}

/** Serves the example and, at the same origin, the relay. */
export class Site {
  private constructor(
    private readonly server: PreviewServer,
    readonly url: string,
  ) {}

  static async start(folder: string, relay: string): Promise<Site> {
    const server = await preview({
      configFile: false,
      root: EXAMPLE,
      logLevel: "warn",
      build: { outDir: folder },
      preview: {
        port: 0,
        host: "127.0.0.1",
        proxy: { "/v1": { target: relay, ws: true, changeOrigin: true } },
      },
    });
    const address = server.httpServer.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new Site(server, `http://127.0.0.1:${address.port}`);
  }

  /** Opens the page, and waits for its client. */
  async open(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    const complain = (text: string) => process.stderr.write(`page: ${text}\n`);
    page.on("console", (message) => {
      if (message.type() === "error") complain(message.text());
    });
    page.on("pageerror", (error) => complain(error.message));
    await page.goto(this.url);
    await page.waitForFunction(() => "client" in window);
    return page;
  }

  async stop(): Promise<void> {
    await this.server.close();
  }
}

/** Waits until a question has the expected answer. */
export async function until<T>(
  ask: () => Promise<T>,
  isExpected: (answer: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (isExpected(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
