import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Say } from "../../../client-core/web/src/i18n/index.ts";
import { sayIn } from "../../../client-core/web/src/i18n/index.ts";
import { expectAccessible } from "../src/accessible.ts";
import { Person, launch } from "../src/person.ts";
import { photo } from "../src/photo.ts";
import { Relay } from "../src/relay.ts";

/** Where pictures of all screens are put, for people to look at. */
const FOLDER = join(import.meta.dirname, "../screens");

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

/** Chooses language and theme by the settings' own storage, as the person would have before. */
async function look(person: Person, language: "en" | "zh", theme: "light" | "dark"): Promise<void> {
  await person.page.evaluate(
    ([chosen, dress]) => {
      localStorage.setItem("language", chosen);
      localStorage.setItem("theme", dress);
    },
    [language, theme] as const,
  );
  await person.page.reload();
}

it("every screen is accessible in both themes, and drawn in both languages", async () => {
  const bob = await Person.at(browser, relay.url, "bob");
  await bob.registers();
  const alice = await Person.at(browser, relay.url, "alice");
  const { page } = alice;
  const screen = async (name: string) => {
    await expectAccessible(page, name);
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  };
  await page.getByRole("button", { name: "Create an account" }).waitFor();
  await screen("welcome");
  await page.getByRole("button", { name: "I have an account" }).click();
  await screen("login");
  await page.getByRole("button", { name: "Back" }).click();
  await alice.registers();
  await screen("no-chats");
  await bob.asks("alice", "Hello from Bob");
  await page.getByText("Hello from Bob").waitFor();
  await screen("request");
  await alice.accepts("bob");
  await alice.makesGroup("Harbour crew");
  await alice.says("A message with **bold** words and `code`");
  await alice.opens("bob");
  await alice.says("A message with **bold** words and `code`");
  await bob.opens("alice");
  await bob.says("> quoted\n\nand a [link](https://example.org/)");
  await alice.attaches("quay.png", photo(320, 200));
  await alice.says("再见，明天见");
  const farewell = alice.message("再见，明天见");
  await farewell.getByRole("img", { name: /Sent|Delivered|Read/ }).waitFor();
  for (const theme of ["light", "dark"] as const) {
    for (const language of ["zh", "en"] as const) {
      await look(alice, language, theme);
      await tour(alice, (name) => screen(`${name}-${language}-${theme}`), sayIn(language));
    }
  }
  expect(alice.complaints).toEqual([]);
});

/** Every screen of somebody who has an account. */
async function tour(person: Person, screen: (name: string) => Promise<void>, say: Say) {
  const { page } = person;
  const dialog = async (name: string) => {
    await page.getByRole("dialog").first().waitFor();
    await screen(name);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").first().waitFor({ state: "detached" });
  };
  const button = (name: string) => page.getByRole("button", { name, exact: true }).first();
  await page.getByRole("button", { name: /bob/ }).first().click();
  await person.sees("再见，明天见");
  await screen("chat");
  await person
    .message("再见，明天见")
    .getByRole("button", { name: say("message.actions") })
    .focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await screen("menu");
  await page.keyboard.press("Escape");
  await button(say("room.details")).click();
  await screen("about");
  await button(say("safety.title")).click();
  await dialog("safety");
  await page
    .getByRole("button", { name: /Harbour crew/ })
    .first()
    .click();
  await person.sees("bold");
  await screen("group");
  await button(say("room.details")).click();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await dialog("switcher");
  await page.keyboard.press("Control+Shift+F");
  await page.getByRole("searchbox").fill("明天");
  await page.getByRole("dialog").getByRole("button", { name: /明天/ }).waitFor();
  await dialog("search");
  await button(say("chats.new")).click();
  await page.getByRole("dialog").waitFor();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: say("new.group") })
    .click();
  await dialog("new-group");
  await button(say("chats.new")).click();
  await dialog("new-person");
  await button(say("chats.settings")).click();
  await page.getByRole("switch").waitFor();
  await screen("settings");
  await page.getByRole("button", { name: say("settings.keys") }).click();
  await dialog("keys");
}
