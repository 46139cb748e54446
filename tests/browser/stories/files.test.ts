/** Files on their way: stopped, interrupted, refused, and sent again. */

import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { friends } from "../src/friends.ts";
import { type Person, until } from "../src/person.ts";
import type { Relay } from "../src/relay.ts";

let relay: Relay;
let browser: Browser;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  ({ relay, browser, alice, bob } = await friends());
});
afterAll(async () => {
  await browser?.close();
  await relay?.end();
});

/** Bytes that no relay takes in one part. */
const LONG = Buffer.alloc(12_000_000, "charts of the northern sea ");

it("a file that is stopped on its way is sent to nobody", async () => {
  await relay.kill();
  await alice.attaches("charts.bin", LONG);
  await alice.says("The wrong charts");
  const message = alice.message("The wrong charts");
  await message.getByRole("button", { name: "Cancel" }).click();
  await message.waitFor({ state: "detached" });
  await relay.restart();
  await alice.says("Behind the charts");
  await bob.sees("Behind the charts");
  expect(await bob.page.getByText("The wrong charts").count()).toBe(0);
});

it("a file goes on where it was when the relay went away", async () => {
  await alice.attaches("soundings.bin", LONG);
  await alice.says("Soundings");
  const message = alice.message("Soundings");
  await until(async () => {
    const progress = message.getByRole("progressbar");
    if ((await progress.count()) === 0) return true;
    return Number(await progress.getAttribute("value").catch(() => "1")) > 0;
  });
  await relay.kill();
  await relay.restart();
  await message.getByRole("img", { name: /Sent|Delivered|Read/ }).waitFor();
  const got = bob.message("Soundings");
  const download = bob.page.waitForEvent("download");
  await got.getByRole("button", { name: "Download" }).click();
  const path = await (await download).path();
  expect(readFileSync(path).equals(LONG)).toBe(true);
});

it("while a long file is sealed the page and its worker go on", async () => {
  await alice.attaches("long.bin", Buffer.alloc(24_000_000, 1));
  await alice.composer().press("Enter");
  // Words overtake the file, which is not sealed yet.
  await alice.says("Said meanwhile");
  await bob.sees("Said meanwhile");
  const file = alice.page.getByRole("feed").getByRole("article").filter({ hasText: "long.bin" });
  await file.getByRole("img", { name: /Sent|Delivered|Read/ }).waitFor();
});

it("a message that failed is sent again with its files", async () => {
  await relay.kill();
  await alice.attaches("notes.bin", Buffer.alloc(2_000_000, 9));
  await alice.says("Notes of the day");
  await alice.message("Notes of the day").waitFor();
  // Somebody has cleared what waited to be sent.
  await alice.page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const home = await root.getDirectoryHandle("home");
    await home.removeEntry("outgoing", { recursive: true });
  });
  await relay.restart();
  const failed = alice.message("Notes of the day").getByRole("img", { name: "Not sent" });
  await failed.waitFor();
  await alice.message("Notes of the day").hover();
  await alice.message("Notes of the day").getByRole("button", { name: "Actions" }).click();
  await alice.page.getByRole("menuitem", { name: "Send again" }).click();
  await bob.message("Notes of the day").getByText("notes.bin").waitFor();
  await failed.waitFor({ state: "detached" });
});
