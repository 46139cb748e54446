import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Person, launch } from "../src/person.ts";
import { Relay } from "../src/relay.ts";

/** From the first load of the page to words in both directions. */
const WITHIN_MS = 90_000;

let relay: Relay;
let browser: Browser;

beforeAll(async () => {
  relay = await Relay.start();
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  await relay.end();
});

it("two strangers in two browsers chat within ninety seconds", async () => {
  const start = Date.now();
  const [alice, bob] = await Promise.all([
    Person.at(browser, relay.url, "alice"),
    Person.at(browser, relay.url, "bob"),
  ]);
  await Promise.all([alice.registers(), bob.registers()]);
  await alice.asks("bob", "Hello, it is Alice");
  await bob.page.getByText("Hello, it is Alice").waitFor();
  await bob.accepts("alice");
  await bob.opens("alice");
  await bob.says("Good morning from Bob");
  await alice.opens("bob");
  await alice.sees("Good morning from Bob");
  await alice.says("下午好，鲍勃");
  await bob.sees("下午好，鲍勃");
  expect(Date.now() - start).toBeLessThan(WITHIN_MS);
  // Bob looks at it, so Alice sees that he has read it.
  await alice.message("下午好，鲍勃").getByRole("img", { name: "Read" }).waitFor();
  expect([...alice.complaints, ...bob.complaints]).toEqual([]);
});
