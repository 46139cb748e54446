/** The client without our screens: a page of somebody else, a person at a terminal, a relay between them. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import "../example/window.ts";
import { launch } from "../src/person.ts";
import { Relay } from "../src/relay.ts";
import { Site, clientIsOpen } from "../src/site.ts";
import { Terminal } from "../src/terminal.ts";
import { until } from "../src/until.ts";

let relay: Relay;
let site: Site;
let browser: Browser;
const terminals: Terminal[] = [];

beforeAll(async () => {
  relay = await Relay.start();
  site = await Site.start(relay.url);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await site?.end();
  await relay?.end();
  for (const terminal of terminals) terminal.end();
});

async function terminal(name: string, passphrase?: string): Promise<Terminal> {
  const person = await Terminal.at(site.url, name, passphrase);
  terminals.push(person);
  return person;
}

/** A storage key as the command line takes it. */
const RAW_KEY = new Uint8Array(32).map((_, at) => at * 7);
const RAW_PASSPHRASE = `x'${Buffer.from(RAW_KEY).toString("hex")}'`;

async function register(page: Page, username: string): Promise<void> {
  const password = `correct horse ${username} battery 77`;
  await page.evaluate(
    async (given) => {
      await window.client.account.register(given);
      // Others can write as soon as the relay has what they need for it.
      await window.client.sync();
    },
    { username, password },
  );
}

/** The texts of the room with a contact. */
function texts(page: Page, contact: string): Promise<string[]> {
  return page.evaluate(async (name) => {
    const contacts = await window.client.contacts.list();
    const room = contacts.find(({ username }) => username === name)?.room;
    if (!room) return [];
    return (await window.client.messages.history(room)).map(({ text }) => text);
  }, contact);
}

function say(page: Page, contact: string, text: string): Promise<unknown> {
  return page.evaluate(
    async ([name, words]) => {
      const contacts = await window.client.contacts.list();
      const room = contacts.find(({ username }) => username === name)?.room;
      if (room) return window.client.messages.send(room, { text: words ?? "" });
      throw new Error("no room");
    },
    [contact, text],
  );
}

async function meet(page: Page, terminal: Terminal, me: string, other: string): Promise<void> {
  await terminal.run(["contact", "add", me]);
  await until(
    () => page.evaluate(() => window.client.rooms.list()),
    (rooms) => rooms.some(({ title, phase }) => title === other && phase === "joined"),
  );
}

it("a page and a terminal chat, over a reload of the page", async () => {
  const context = await browser.newContext();
  const page = await site.open(context);
  const bob = await terminal("bob");
  await register(page, "alice");
  const phrase = await page.evaluate(() => window.client.account.recoveryPhrase());
  expect(phrase?.split(" ")).toHaveLength(24);
  await meet(page, bob, "alice", "bob");

  await say(page, "bob", "hello from a page");
  await until(
    () => bob.texts("alice"),
    (found) => found.includes("hello from a page"),
  );
  await bob.run(["send", "alice", "你好, from a terminal"]);
  await until(
    () => texts(page, "bob"),
    (found) => found.includes("你好, from a terminal"),
  );

  await page.reload();
  await clientIsOpen(page);
  const home = await page.evaluate(() => window.client.home);
  expect(home).toMatchObject({ state: "open", me: { username: "alice" }, phrase_unseen: true });
  expect(await texts(page, "bob")).toEqual(["hello from a page", "你好, from a terminal"]);
  expect(await page.evaluate(() => window.client.account.recoveryPhrase())).toBe(phrase);
  await page.evaluate(() => window.client.account.phraseWasShown());
  expect(await page.evaluate(() => window.client.account.recoveryPhrase())).toBeNull();

  await say(page, "bob", "still here");
  await until(
    () => bob.texts("alice"),
    (found) => found.includes("still here"),
  );
  const hits = await page.evaluate(() => window.client.messages.search("你好"));
  expect(hits).toHaveLength(1);
  await context.close();
});

it("two tabs share one client, and the second takes over", async () => {
  const context = await browser.newContext();
  const first = await site.open(context);
  await register(first, "carol");
  const second = await site.open(context);
  const home = await second.evaluate(() => window.client.home);
  expect(home).toMatchObject({ state: "open", me: { username: "carol" } });

  const dave = await terminal("dave");
  await meet(second, dave, "carol", "dave");
  await say(second, "dave", "through the first tab");
  await until(
    () => texts(first, "dave"),
    (found) => found.includes("through the first tab"),
  );

  await first.close();
  await until(
    () =>
      say(second, "dave", "without it").then(
        () => true,
        () => false,
      ),
    (isSent) => isSent,
  );
  await until(
    () => dave.texts("carol"),
    (found) => found.includes("without it"),
  );
  expect(await texts(second, "dave")).toContain("through the first tab");
  await context.close();
});

it("a home moves from a terminal to a page and back", async () => {
  const erin = await terminal("erin", RAW_PASSPHRASE);
  const database = join(erin.home, "restante.db");
  const frank = await terminal("frank");
  await frank.run(["contact", "add", "erin"]);
  await erin.run(["sync"]);
  await erin.run(["contact", "accept", "frank"]);
  await erin.run(["send", "frank", "written at a terminal"]);

  const context = await browser.newContext();
  const page = await site.open(context);
  const atTerminal = [...readFileSync(database)];
  await page.evaluate(
    ([bytes = [], key = []]) =>
      window.client.account.moveIn({ database: new Uint8Array(bytes), key: new Uint8Array(key) }),
    [atTerminal, [...RAW_KEY]],
  );
  expect(await texts(page, "frank")).toContain("written at a terminal");
  await say(page, "frank", "written on a page");
  await until(
    () => frank.texts("erin"),
    (found) => found.includes("written on a page"),
  );

  const moved = await page.evaluate(async () => {
    const { database: bytes, key } = await window.client.account.moveOut();
    return { database: [...bytes], key: [...key] };
  });
  expect(moved.key).toEqual([...RAW_KEY]);
  expect(await page.evaluate(() => window.client.home)).toMatchObject({ state: "empty" });
  writeFileSync(database, new Uint8Array(moved.database));
  expect(await erin.texts("frank")).toEqual(["written at a terminal", "written on a page"]);
  await context.close();
});
