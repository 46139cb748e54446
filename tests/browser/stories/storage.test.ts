/** What lies in the browser: sealed, lost, full, missing, and taken from under the page. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectSealed, keepInTheClear, storedBytes } from "../src/canary.ts";
import { Person, launch, until } from "../src/person.ts";
import { Relay } from "../src/relay.ts";

let relay: Relay;
let browser: Browser;

beforeAll(async () => {
  relay = await Relay.start();
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await relay?.end();
});

/** A page of the same origin in which no client runs. */
const ELSEWHERE = "/icon.svg";

it("nothing that people wrote lies in the browser in the clear", async () => {
  const alice = await Person.at(browser, relay.url, "alice");
  const bob = await Person.at(browser, relay.url, "bob");
  const password = await alice.registers();
  await bob.registers();
  await alice.asks("bob", "canary-words-of-a-request");
  await bob.accepts("alice");
  await alice.opens("bob");
  await alice.says("canary-in-a-message 金丝雀在煤矿里");
  await bob.opens("alice");
  await bob.sees("canary-in-a-message");
  await bob.says("canary-in-an-answer");
  await alice.sees("canary-in-an-answer");
  await alice.composer().fill("canary-in-a-draft");
  await alice.page.waitForFunction(() => document.querySelector(".chat-words-draft") !== null);
  await alice.page.goto(new URL(ELSEWHERE, relay.url).href);
  const canaries = [
    "canary-words-of-a-request",
    "canary-in-a-message",
    "金丝雀在煤矿里",
    "canary-in-an-answer",
    "canary-in-a-draft",
    password,
  ];
  await expectSealed(alice.page, canaries);
  // The dump finds what is not sealed, in each place.
  await keepInTheClear(alice.page, "canary-in-the-clear");
  const found = await storedBytes(alice.page, ["canary-in-the-clear"]);
  expect(found.hits.map(({ where }) => where).sort()).toEqual(["file", "indexeddb", "local"]);
  await Promise.all([alice.context.close(), bob.context.close()]);
});

it("a browser that let everything go says so, and the password brings contacts and rooms back", async () => {
  const carol = await Person.at(browser, relay.url, "carol");
  const dave = await Person.at(browser, relay.url, "dave");
  const password = await carol.registers();
  await dave.registers();
  await carol.asks("dave");
  await dave.accepts("carol");
  await carol.opens("dave");
  await carol.looksAway();
  await carol.page.goto(new URL(ELSEWHERE, relay.url).href);
  // The worker of the page before may need a moment to let go.
  await until(() =>
    carol.page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      return root.removeEntry("restante", { recursive: true }).then(
        () => true,
        () => false,
      );
    }),
  );
  await carol.page.goto(relay.url);
  await carol.page.getByRole("alert").getByText("What was stored here is gone").waitFor();
  await carol.signsIn(password);
  await carol.opens("dave");
  await carol.page.reload();
  await carol.opens("dave");
  expect(await carol.page.getByText("What was stored here is gone").count()).toBe(0);
  await Promise.all([carol.context.close(), dave.context.close()]);
});

it("a browser that keeps nothing is told from one that does", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await withoutPrivateFiles(page);
  await page.goto(relay.url);
  await page.getByRole("alert").getByText("This browser keeps nothing here").waitFor();
  await context.close();
});

it("a full browser accepts nothing, says so, and goes on when there is room", async () => {
  const erin = await Person.at(browser, relay.url, "erin");
  await erin.registers();
  await erin.makesGroup("Notes");
  await erin.says("There is room");
  await erin.sees("There is room");
  const devtools = await erin.context.newCDPSession(erin.page);
  const origin = new URL(relay.url).origin;
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1024 });
  await erin.attaches("charts.bin", Buffer.alloc(3_000_000, 7));
  await erin.says("With charts");
  await erin.page.getByText("The browser's storage is full").first().waitFor();
  // What was not taken is in the composer again.
  await expect.poll(() => erin.composer().inputValue()).toBe("With charts");
  await erin.page.getByRole("button", { name: "Do not send charts.bin" }).click();
  // Words go into room that the database has already, until there is none.
  await until(async () => {
    await erin.says("n".repeat(60_000));
    return (await erin.page.getByText("The browser's storage is full").count()) > 0;
  });
  await devtools.send("Storage.overrideQuotaForOrigin", { origin });
  await until(async () => {
    await erin.composer().fill("There is room again");
    await erin.composer().press("Enter");
    return (await erin.message("There is room again").count()) > 0;
  });
  await erin.sees("There is room again");
  await erin.context.close();
});

it("a worker that was killed is replaced, and nothing that was accepted is lost", async () => {
  const frank = await Person.at(browser, relay.url, "frank");
  await frank.registers();
  await frank.makesGroup("Notes");
  await frank.says("Before the worker ended");
  await frank.sees("Before the worker ended");
  const before = frank.page.workers();
  await before[0]?.evaluate(() => close());
  await until(async () => {
    const [now] = frank.page.workers();
    return now !== undefined && !before.includes(now);
  });
  await frank.says("After it was replaced");
  const message = frank.message("After it was replaced");
  await message.getByRole("img", { name: /Sent|Delivered|Read/ }).waitFor();
  await frank.sees("Before the worker ended");
  await frank.context.close();
});

it("two tabs that start at once open one home", async () => {
  const gina = await Person.at(browser, relay.url, "gina");
  await gina.registers();
  await gina.makesGroup("Notes");
  await gina.page.goto("about:blank");
  const tabs = await Promise.all([1, 2, 3].map(() => gina.context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto(relay.url)));
  await Promise.all(
    tabs.map((tab) => tab.getByRole("list", { name: "Chats" }).getByText("Notes").waitFor()),
  );
  await gina.context.close();
});

/** As in private windows of some browsers. */
async function withoutPrivateFiles(page: Page): Promise<void> {
  await page.route("**/assets/worker-*.js", async (route) => {
    const answer = await route.fetch();
    const refuse = `navigator.storage.getDirectory = () =>
      Promise.reject(new DOMException("not here", "SecurityError"));`;
    await route.fulfill({ response: answer, body: `${refuse}\n${await answer.text()}` });
  });
}
