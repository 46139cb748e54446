/** Tabs, reloads, networks and relays that come and go in the middle of things. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { friends } from "../src/friends.ts";
import { Person, launch, until } from "../src/person.ts";
import type { Relay } from "../src/relay.ts";

/** Attempts of two people with two connections each. */
const ATTEMPTS = 12;

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

it("a reload in the middle of sending loses nothing and sends nothing twice", async () => {
  const texts = Array.from({ length: 6 }, (_, at) => `Number ${at} of six`);
  for (const text of texts) await alice.says(text);
  await alice.sees(texts[5] ?? "");
  await alice.page.reload();
  await alice.opens("bob");
  // What would come twice stands before what was said last.
  await alice.says("And one more");
  await bob.sees("And one more");
  const seen = await bob.page
    .getByRole("feed")
    .getByText(/Number \d of six/)
    .allTextContents();
  expect(seen).toEqual(texts);
});

it("another tab takes over from the one that led, and what was written in it is sent", async () => {
  const second = await alice.context.newPage();
  await second.goto(relay.url);
  await second.getByRole("list", { name: "Chats" }).getByText("bob").first().click();
  const composer = second.getByRole("textbox", { name: "Message to bob" });
  await relay.kill();
  await alice.says("From the tab that goes");
  await alice.message("From the tab that goes").waitFor();
  await alice.page.close();
  await relay.restart();
  await until(async () => {
    await composer.fill("From the tab that stays");
    await composer.press("Enter");
    return (await second.getByRole("feed").getByText("From the tab that stays").count()) > 0;
  });
  await bob.sees("From the tab that goes");
  await bob.sees("From the tab that stays");
  alice = alice.on(second);
});

it("when the network is back the page connects at once", async () => {
  await relay.kill();
  await alice.says("Written off the network");
  await alice.page.getByText("No connection. What you write").waitFor();
  // After so many attempts the next one lies many seconds ahead.
  await relay.refuses(ATTEMPTS);
  await relay.restart();
  await alice.page.evaluate(() => window.dispatchEvent(new Event("online")));
  const sent = alice
    .message("Written off the network")
    .getByRole("img", { name: /Sent|Deli|Read/ });
  await sent.waitFor({ timeout: 5_000 });
});

it("by the password alone a fresh browser has contacts and rooms, and messages reach it", async () => {
  const carol = await Person.at(browser, relay.url, "carol");
  const password = await carol.registers();
  await carol.asks("bob", "Carol from the harbour");
  await bob.accepts("carol");
  await carol.opens("bob");
  await carol.makesGroup("Harbour crew");
  await carol.looksAway();
  // Nothing of hers is on any more.
  await carol.context.close();
  const anew = await Person.at(browser, relay.url, "carol");
  await anew.signsIn(password);
  await anew.opens("bob");
  await anew.list().getByText("Harbour crew", { exact: true }).waitFor();
  await anew.says("Back from a new browser");
  await bob.opens("carol");
  await bob.sees("Back from a new browser");
  await bob.says("I hear you there");
  await anew.sees("I hear you there");
  await anew.context.close();
});

it("a passphrase locks the browser, and only it opens it", async () => {
  const dora = await Person.at(browser, relay.url, "dora");
  await dora.registers();
  await dora.makesGroup("Notes");
  await dora.says("Behind the passphrase");
  await dora.sees("Behind the passphrase");
  const { page } = dora;
  await page.getByRole("button", { name: "Settings" }).click();
  const settings = page.getByRole("dialog", { name: "Settings" });
  await settings.getByRole("button", { name: "Set a passphrase" }).click();
  await page.getByLabel("New passphrase").fill("an unlikely phrase of mine");
  await page
    .getByRole("button", { name: /Save|Set a passphrase/ })
    .last()
    .click();
  await page.getByText("The passphrase was changed.").waitFor();
  await page.reload();
  const field = page.getByLabel("Passphrase", { exact: true });
  await field.fill("another phrase");
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByText("That is not the passphrase.").waitFor();
  await field.fill("an unlikely phrase of mine");
  await page.getByRole("button", { name: "Unlock" }).click();
  await dora.opens("Notes");
  await dora.sees("Behind the passphrase");
  await dora.context.close();
});

it("without the microphone nothing is recorded, and the page says what to do", async () => {
  const quiet = await launch({ asksForDevices: true });
  const erin = await Person.at(quiet, relay.url, "erin", { permissions: [] });
  await erin.registers();
  await erin.makesGroup("Notes");
  await erin.page.getByRole("button", { name: "Record a voice message" }).click();
  await erin.page.getByText("The browser does not give the microphone.").waitFor();
  await erin.says("In words, then");
  await erin.sees("In words, then");
  await quiet.close();
});
