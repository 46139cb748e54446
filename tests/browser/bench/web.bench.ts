/** The web client beside the budgets of its design: real relay, real browser, a full home. */

import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Person, launch, openProfile } from "../src/person.ts";
import { Relay } from "../src/relay.ts";
import type { Figure } from "./figures.ts";
import { figure, table } from "./figures.ts";
import { Filler, makeRooms, settle, write } from "./home.ts";
import { install, scroll, started, timed } from "./measure.ts";

const CHATS = Number(process.env["BENCH_CHATS"] ?? 200);
const MESSAGES = Number(process.env["BENCH_MESSAGES"] ?? 100_000);

/** Messages of the longest room, and those that came while nobody was there. */
const LONG = Math.min(10_000, MESSAGES / 2);

/** Times that each thing is done. */
const RUNS = Number(process.env["BENCH_RUNS"] ?? 20);

/** Starts are slow, and many of them tell no more. */
const STARTS = Math.min(RUNS, 7);

/** Height that is scrolled: some five hundred messages of the long room. */
const SCROLLED = 40_000;

const KIB = 1024;

let relay: Relay;
let filler: Filler;
let context: BrowserContext;
let page: Page;
const folder = mkdtempSync(join(tmpdir(), "restante-profile-"));
const figures: Figure[] = [];

const chat = (number: number) => `chat ${String(number).padStart(3, "0")}`;

beforeAll(async () => {
  relay = await Relay.start();
  filler = await Filler.build();
  context = await openProfile(folder);
  const begun = Date.now();
  const page = await filler.open(context, relay.url);
  await page.evaluate(() =>
    window.client.account.register({
      username: "alice",
      password: "an unlikely heron walks sideways",
    }),
  );
  await makeRooms(
    page,
    Array.from({ length: CHATS }, (_, number) => chat(number)),
  );
  await write(page, chat(0), LONG);
  const others = Math.floor((MESSAGES - LONG) / (CHATS - 1));
  for (let number = 1; number < CHATS; number += 1) await write(page, chat(number), others);
  await settle(page);
  console.log(`filled in ${Math.round((Date.now() - begun) / 1_000)} s`);
  await page.close();
});

afterAll(async () => {
  console.log(`\n${table(figures)}\n`);
  await context?.close();
  await relay?.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the web client anew, and gives how long its list of chats took. */
async function start(): Promise<number> {
  await page?.close();
  page = await context.newPage();
  await install(page);
  await page.goto(relay.url, { waitUntil: "commit" });
  return started(page, ".chats .chat", "chat");
}

async function times(count: number, act: (run: number) => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let run = 0; run < count; run += 1) samples.push(await act(run));
  return samples;
}

function choose(title: string): Promise<void> {
  return page.locator(".chat").filter({ hasText: title }).first().click();
}

it("starts cold", async () => {
  await start();
  const label = `cold start, ${CHATS} chats, ${MESSAGES} messages`;
  figures.push(figure(label, await times(STARTS, start), "1500 ms"));
});

it("switches between chats", async () => {
  const samples = await times(RUNS, (run) => {
    const title = chat(CHATS - 1 - (run % 10));
    return timed(page, ["pointerdown", "[role=feed] [role=article]", ` ${title} `], () =>
      choose(title),
    );
  });
  figures.push(figure("chat switch", samples, "100 ms"));
});

it("shows what is typed and sent", async () => {
  await choose(chat(0));
  const composer = page.getByRole("textbox", { name: /^Message to/ });
  const keys: number[] = [];
  const bubbles: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await composer.click();
    const words = `sent ${run} now`;
    await composer.fill(words);
    keys.push(
      await timed(page, ["keydown", "textarea", `${words}x`], () => page.keyboard.press("x")),
    );
    const article = "[role=feed] [role=article]";
    bubbles.push(
      await timed(page, ["keydown", article, `${words}x`], () => page.keyboard.press("Enter")),
    );
  }
  figures.push(figure("key to paint", keys, "16 ms"));
  figures.push(figure("send to own bubble", bubbles, "50 ms"));
});

it("finds", async () => {
  for (const [what, words] of [
    ["English", "umbrella"],
    ["Chinese", "雨伞"],
  ] as const) {
    const samples = await times(STARTS, async () => {
      await page.keyboard.press("Control+Shift+F");
      const field = page.getByRole("searchbox");
      await field.fill("");
      const found = await timed(page, ["input", ".hits .hit", words], () => field.fill(words));
      await page.keyboard.press("Escape");
      return found;
    });
    figures.push(figure(`search, ${what}, with the pause after typing`, samples));
  }
});

it("scrolls", async () => {
  await choose(chat(1));
  await choose(chat(0));
  const frames = await scroll(page, SCROLLED);
  figures.push(figure(`frame while scrolling ${LONG} messages`, frames, "16.7 ms"));
});

it("takes up with what came meanwhile", async () => {
  const browser = await launch();
  const bob = await Person.at(browser, relay.url, "bob");
  await bob.page.close();
  const sender = await filler.open(bob.context, relay.url);
  await sender.evaluate(() =>
    window.client.account.register({
      username: "bob",
      password: "an unlikely heron walks sideways",
    }),
  );
  await sender.evaluate(() => window.client.rooms.create("away", ["alice"]));
  await page.locator(".chat").filter({ hasText: "away" }).first().waitFor();
  await page.close();
  await write(sender, "away", LONG);
  await settle(sender);
  page = await context.newPage();
  await install(page);
  await page.goto(relay.url, { waitUntil: "commit" });
  const took = await started(page, ".chats .chat", ` away ${LONG - 1}`);
  figures.push(figure(`catch-up on ${LONG} messages`, [took]));
  figures.push(figure("the same a second", [(LONG * 1_000) / took], undefined, "1/s"));
  expect(took).toBeGreaterThan(0);
  await browser.close();
});

it("fits into memory", async () => {
  await start();
  await choose(chat(0));
  figures.push(
    figure("process of the page and its worker", [largestRenderer() / KIB], undefined, "MiB"),
  );
});

/** Proportional memory of the largest process with a page of this profile, in KiB. */
function largestRenderer(): number {
  let most = 0;
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      if (!command.includes("--type=renderer") || !isOurs(name)) continue;
      const rollup = readFileSync(`/proc/${name}/smaps_rollup`, "utf8");
      most = Math.max(most, Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0));
    } catch {
      // It ended meanwhile.
    }
  }
  return most;
}

/** Whether this process runs below the browser of this profile. */
function isOurs(process: string): boolean {
  for (let at = process; at !== "0" && at !== "1";) {
    const command = readFileSync(`/proc/${at}/cmdline`, "utf8");
    if (command.includes(folder)) return true;
    at = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${at}/status`, "utf8"))?.[1] ?? "1";
  }
  return false;
}
