/**
 * Fills the home of a browser: a page of ours at the relay's own origin uses the client as any page could,
 * and what it writes is what the web client finds there.
 */

import { readFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import "../example/window.ts";
import { clientIsOpen } from "../src/site.ts";

const EXAMPLE = join(import.meta.dirname, "../example");
const CLIENT = resolve(import.meta.dirname, "../../../client-core/web/client/src/index.ts");

/** Where the page stands beside the web client. */
const BASE = "/example/";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

/** Messages on their way at once. */
const WINDOW = 32;

export class Filler {
  private constructor(private readonly folder: string) {}

  static async build(): Promise<Filler> {
    const folder = mkdtempSync(join(tmpdir(), "restante-bench-"));
    await build({
      configFile: false,
      root: EXAMPLE,
      base: BASE,
      logLevel: "warn",
      resolve: { alias: { "restante-client": CLIENT } },
      build: { outDir: folder, emptyOutDir: true, target: "es2024", assetsInlineLimit: 0 },
      worker: { format: "es" },
    });
    return new Filler(folder);
  }

  /** Opens the page at this origin. */
  async open(context: BrowserContext, origin: string): Promise<Page> {
    await context.route(`${origin}${BASE}**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      const name = pathname.slice(BASE.length) || "index.html";
      await route.fulfill({
        body: readFileSync(join(this.folder, name)),
        contentType: TYPES[extname(name)] ?? "application/octet-stream",
      });
    });
    const page = await context.newPage();
    await page.goto(`${origin}${BASE}`);
    await clientIsOpen(page);
    return page;
  }
}

/** Makes rooms of these titles, and waits until all of them are there. */
export async function makeRooms(page: Page, titles: readonly string[]): Promise<void> {
  await page.evaluate(async (wanted) => {
    for (const title of wanted) await window.client.rooms.create(title);
    for (;;) {
      const rooms = await window.client.rooms.list();
      if (rooms.filter(({ phase }) => phase === "joined").length >= wanted.length) return;
      await window.client.sync();
    }
  }, titles);
}

/** Writes so many messages into a room, half English and half Chinese, all different. */
export async function write(page: Page, title: string, count: number): Promise<void> {
  await page.evaluate(
    async ({ title, count, window: most }) => {
      const rooms = await window.client.rooms.list();
      const room = rooms.find((one) => one.title === title);
      if (!room) throw new Error(`no room ${title}`);
      const english = "the garden umbrella kitchen mountain train dinner question photo".split(" ");
      const chinese = [..."我们明天一起回家吃饭工作谢谢问题照片周末会议生日火车医院厨房雨伞花园"];
      const words = (number: number) => {
        const from = number % 2 === 0 ? english : chinese;
        const chosen = Array.from(
          { length: 9 },
          (_, at) => from[(number * 7 + at * at) % from.length],
        );
        return `${chosen.join(number % 2 === 0 ? " " : "")} ${title} ${number}`;
      };
      for (let first = 0; first < count; first += most) {
        const some = Array.from({ length: Math.min(most, count - first) }, (_, at) => first + at);
        await Promise.all(
          some.map((number) => window.client.messages.send(room.id, { text: words(number) })),
        );
      }
    },
    { title, count, window: WINDOW },
  );
}

/** Waits until the relay has everything that was written. */
export async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (;;) {
      const done = await window.client.sync(60_000).then(
        () => true,
        () => false,
      );
      if (done) return;
    }
  });
}
