/** The example page at an origin that reaches the relay, for stories of the client without our screens. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import type { InlineConfig, PreviewServer } from "vite";
import { build, preview } from "vite";

const EXAMPLE = join(import.meta.dirname, "../example");
const CLIENT = resolve(import.meta.dirname, "../../../client-core/web/client/src/index.ts");

export class Site {
  /** What the pages complained of. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly folder: string,
    private readonly server: PreviewServer,
    readonly url: string,
  ) {}

  /** Builds the example as any page would be, and serves it. */
  static async start(relay: string): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), "restante-example-"));
    const config: InlineConfig = {
      configFile: false,
      root: EXAMPLE,
      logLevel: "warn",
      resolve: { alias: { "restante-client": CLIENT } },
      build: { outDir: folder, emptyOutDir: true, target: "es2024", assetsInlineLimit: 0 },
      worker: { format: "es" },
      preview: {
        port: 0,
        host: "127.0.0.1",
        proxy: { "/v1": { target: relay, ws: true } },
      },
    };
    await build(config);
    const server = await preview(config);
    const address = server.httpServer.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new Site(folder, server, `http://127.0.0.1:${address.port}`);
  }

  /** Opens the page, and waits for its client. */
  async open(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (line) => {
      if (line.type() === "error") this.complaints.push(`${line.text()} (${line.location().url})`);
    });
    await page.goto(this.url);
    await clientIsOpen(page);
    return page;
  }

  async end(): Promise<void> {
    await this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function clientIsOpen(page: Page): Promise<void> {
  await page.waitForFunction(() => "client" in window);
}
