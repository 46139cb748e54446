import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectAccessible } from "../src/accessible.ts";
import { Person, launch } from "../src/person.ts";
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
  await alice.opens("bob");
  await alice.says("A message with **bold** words and `code`");
  await alice.says("再见，明天见");
  for (const theme of ["light", "dark"] as const) {
    for (const language of ["zh", "en"] as const) {
      await look(alice, language, theme);
      await page.getByRole("button", { name: /bob/ }).first().click();
      await alice.sees("再见，明天见");
      await screen(`chat-${language}-${theme}`);
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();
      await screen(`switcher-${language}-${theme}`);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /^(Settings|设置)$/ }).click();
      await page.getByRole("switch").waitFor();
      await screen(`settings-${language}-${theme}`);
      await page.keyboard.press("Escape");
    }
  }
  expect(alice.complaints).toEqual([]);
});
