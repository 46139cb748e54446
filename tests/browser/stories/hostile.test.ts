/** What strangers and their files may try on a page. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Front } from "../src/front.ts";
import { Person, launch } from "../src/person.ts";
import { photo } from "../src/photo.ts";
import { Relay } from "../src/relay.ts";

let relay: Relay;
let browser: Browser;
let alice: Person;
let mallory: Person;

/** Set by any script that runs and should not. */
const RAN = "document.documentElement.dataset.ran='yes'";

beforeAll(async () => {
  relay = await Relay.start();
  browser = await launch();
  [alice, mallory] = await Promise.all([
    Person.at(browser, relay.url, "alice"),
    Person.at(browser, relay.url, "mallory"),
  ]);
  await Promise.all([alice.registers(), mallory.registers()]);
  await mallory.asks("alice", `<img src=x onerror="${RAN}">`);
  await alice.accepts("mallory");
  await Promise.all([alice.opens("mallory"), mallory.opens("alice")]);
});
afterAll(async () => {
  await browser?.close();
  await relay?.end();
});

async function nothingRan(): Promise<void> {
  expect(await alice.page.evaluate(() => document.documentElement.dataset["ran"])).toBeUndefined();
}

it("markup in messages stays text, and links lead only where a person wants them to", async () => {
  const words = [
    `<img src=x onerror="${RAN}"> one`,
    `<script>${RAN}</script> two`,
    `<svg><script>${RAN}</script></svg> three`,
    `[click](javascript:${RAN}) four`,
    `![picture](https://elsewhere.example/track.png) five`,
    `[data](data:text/html,<script>${RAN}</script>) six`,
    "[fine](https://example.org/) seven",
  ];
  for (const text of words) await mallory.says(text);
  await alice.sees("seven");
  const feed = alice.page.getByRole("feed");
  const addresses = await feed
    .getByRole("link")
    .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
  for (const address of addresses) expect(address).toMatch(/^https?:/);
  expect(await feed.locator("script, svg script, iframe, object").count()).toBe(0);
  const images = await feed
    .locator("img")
    .evaluateAll((all) => all.map((one) => one.getAttribute("src")));
  for (const source of images) expect(source ?? "blob:").toMatch(/^blob:/);
  const fine = feed.getByRole("link", { name: "fine" });
  expect(await fine.getAttribute("rel")).toMatch(/noopener/);
  await nothingRan();
});

it("a room's name is text, whatever is in it", async () => {
  const title = `<b onmouseover=${RAN}>Crew</b>`;
  await mallory.makesGroup(title);
  await mallory.page.getByText(title, { exact: true }).first().hover();
  expect(await mallory.page.locator("b[onmouseover]").count()).toBe(0);
  expect(
    await mallory.page.evaluate(() => document.documentElement.dataset["ran"]),
  ).toBeUndefined();
  await mallory.opens("alice");
});

it("a picture that is none, or lies about its size, is shown as what it is or not at all", async () => {
  const bomb = photo(8, 8);
  // As if it were a hundred thousand pixels on each side.
  bomb.writeUInt32BE(100_000, 16);
  bomb.writeUInt32BE(100_000, 20);
  await alice.attaches("page.png", Buffer.from(`<html><script>${RAN}</script></html>`));
  await alice.says("A page that calls itself a picture");
  await alice.message("A page that calls itself").getByText("page.png").waitFor();
  await alice.attaches(
    "drawing.svg",
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><script>${RAN}</script></svg>`),
  );
  await alice.says("A drawing with a script");
  await alice.message("A drawing with a script").getByText("drawing.svg").waitFor();
  await alice.attaches("bomb.png", bomb);
  await alice.says("A picture of ten gigapixels");
  const message = alice.message("A picture of ten gigapixels");
  await message.getByRole("img", { name: /Sent|Delivered|Read/ }).waitFor();
  await nothingRan();
  // The page is still there.
  await alice.says("Still here");
  await alice.sees("Still here");
});

it("a megabyte of combining characters becomes a file, and a tower of them stays in its place", async () => {
  await alice.composer().focus();
  await alice.page.evaluate(
    (words) => navigator.clipboard.writeText(words),
    `a${"\u0301".repeat(500_000)}`,
  );
  await alice.page.keyboard.press("Control+v");
  await alice.page.getByRole("button", { name: "Do not send text.txt" }).click();
  expect(await alice.composer().inputValue()).toBe("");
  await mallory.says(`T${"\u0300\u0316".repeat(4_000)}`);
  const bubble = alice.page.getByRole("feed").getByRole("article").filter({ hasText: "T\u0300" });
  await bubble.last().waitFor();
  const clips = await bubble
    .last()
    .locator(".words")
    .evaluate((words) => getComputedStyle(words).overflowY !== "visible");
  expect(clips).toBe(true);
  await alice.says("Below the tower");
  await alice.sees("Below the tower");
});

it("a script written into the page runs only where the policy was lost on the way", async () => {
  const front = await Front.start(relay.url);
  const tries = async () => {
    const context = await browser.newContext({ serviceWorkers: "block" });
    const page = await context.newPage();
    await page.goto(front.url);
    const ran = await page.evaluate(() => {
      try {
        const script = document.createElement("script");
        script.textContent = "document.documentElement.dataset.ran='yes'";
        document.body.append(script);
      } catch {
        // Refused before it is there.
      }
      return document.documentElement.dataset["ran"] === "yes";
    });
    await context.close();
    return ran;
  };
  expect(await tries()).toBe(false);
  front.withoutHeaders.add("content-security-policy");
  expect(await tries()).toBe(true);
  await front.end();
});
