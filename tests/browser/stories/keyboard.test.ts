/** The main tasks by keyboard alone, and a page that is written from right to left. */

import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { press, tabTo } from "../src/keyboard.ts";
import { Person, launch, until } from "../src/person.ts";
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
  await browser?.close();
  await relay?.end();
});

it("everything that people do most is done by keyboard alone", async () => {
  const bob = await Person.at(browser, relay.url, "bob");
  await bob.registers();
  const { page } = await Person.at(browser, relay.url, "alice");
  const { keyboard } = page;
  // 1: an account, with the phrase written down.
  await page.getByRole("button", { name: "Create an account" }).waitFor();
  await press(page, "Create an account");
  await tabTo(page, "Username");
  await keyboard.type("alice");
  const password = page.getByLabel("Password", { exact: true });
  await until(async () => (await password.inputValue()) !== "");
  await keyboard.press("Enter");
  const words = page.getByRole("list", { name: "Recovery phrase" }).locator("li");
  await words.first().waitFor();
  const phrase = await words.allTextContents();
  await press(page, "I have written them down");
  await page.getByRole("textbox", { name: /^Word \d+$/ }).waitFor();
  await tabTo(page, /^Word \d+$/);
  const asked = await page.locator("label", { hasText: /^Word \d+$/ }).textContent();
  await keyboard.type(phrase[Number(/\d+/.exec(asked ?? "")?.[0]) - 1] ?? "");
  await keyboard.press("Enter");
  await page.getByText("No chats yet").waitFor();
  // 2: a request to somebody.
  await press(page, "New chat");
  await tabTo(page, "Exact username");
  await keyboard.type("bob");
  await keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await bob.accepts("alice");
  // 3: to the chat by its name, from anywhere.
  await page.getByRole("list", { name: "Chats" }).getByText("bob", { exact: true }).waitFor();
  await keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await keyboard.type("bob");
  await keyboard.press("Enter");
  const composer = page.getByRole("textbox", { name: "Message to bob" });
  await composer.waitFor();
  // 4: words, in two lines.
  await tabTo(page, "Message to bob");
  await keyboard.type("By keyboard");
  await keyboard.press("Shift+Enter");
  await keyboard.type("alone");
  await keyboard.press("Enter");
  await bob.opens("alice");
  await bob.sees("By keyboard");
  // 5: the last words again, changed.
  await page.getByRole("feed").getByText("By keyboard").waitFor();
  await page
    .getByRole("feed")
    .getByRole("img", { name: /Sent|Delivered|Read/ })
    .first()
    .waitFor();
  await keyboard.press("ArrowUp");
  await expect.poll(() => composer.inputValue()).toContain("By keyboard");
  await keyboard.press("Control+a");
  await keyboard.type("Only by keyboard");
  await keyboard.press("Enter");
  await bob.sees("Only by keyboard");
  // 6: an answer, and 7: a reaction, to what the other says.
  await bob.says("Impressive");
  await page.getByRole("feed").getByText("Impressive").waitFor();
  await tabTo(page, /^bob, .*Impressive/, "Shift+Tab");
  await press(page, "Reply");
  await page.getByText("Replying to bob").waitFor();
  await tabTo(page, "Message to bob");
  await keyboard.type("Thank you");
  await keyboard.press("Enter");
  await bob.sees("Thank you");
  await tabTo(page, /^You, .*Thank you/, "Shift+Tab");
  await tabTo(page, /^bob, .*Impressive/, "ArrowUp");
  await press(page, "React");
  await press(page, "👍");
  await bob.message("Impressive").getByRole("button", { name: "👍 by alice" }).waitFor();
  // 8: a search, and the jump to what it found.
  await keyboard.press("Escape");
  await keyboard.press("Control+Shift+F");
  const search = page.getByRole("dialog", { name: "Search messages" });
  await search.waitFor();
  await keyboard.type("Impressive");
  await search.getByRole("button", { name: /Impressive/ }).waitFor();
  await press(page, /Impressive/);
  await search.waitFor({ state: "detached" });
  // 9: a group.
  await press(page, "New chat");
  await press(page, "Group");
  await tabTo(page, "Name of the group");
  await keyboard.type("Typists");
  await tabTo(page, /bob/);
  await keyboard.press("Space");
  await press(page, "Create group");
  await bob.list().getByText("Typists", { exact: true }).waitFor();
  // 10: another look, in the settings.
  await press(page, "Settings");
  await page.getByRole("dialog", { name: "Settings" }).waitFor();
  await tabTo(page, "Theme");
  await keyboard.type("Dark");
  await page.locator("html[data-theme=dark]").waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Settings" }).waitFor({ state: "detached" });
  // And the list of all keys.
  await tabTo(page, "New chat");
  await keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
});

it("written from right to left the page is mirrored, and each message keeps its own direction", async () => {
  const dora = await Person.at(browser, relay.url, "dora");
  const { page } = dora;
  await page.addInitScript(() => {
    document.addEventListener("DOMContentLoaded", () => {
      document.documentElement.dir = "rtl";
    });
  });
  await page.reload();
  const fits = async (screen: string) => {
    const over = await page.evaluate(() => {
      const root = document.documentElement;
      return root.scrollWidth - root.clientWidth;
    });
    expect(over, screen).toBeLessThanOrEqual(0);
    await page.screenshot({ path: join(FOLDER, `rtl-${screen}.png`) });
  };
  await page.getByRole("button", { name: "Create an account" }).waitFor();
  await fits("welcome");
  await dora.registers();
  await dora.makesGroup("מסע");
  await dora.says("Hello from the left");
  await dora.says("שלום מימין");
  await dora.sees("שלום מימין");
  await fits("chat");
  const [list, composer] = await Promise.all([
    dora.list().boundingBox(),
    dora.composer().boundingBox(),
  ]);
  expect(list?.x).toBeGreaterThan(composer?.x ?? Infinity);
  const direction = (text: string) =>
    page
      .getByRole("feed")
      .getByText(text)
      .evaluate((words) => getComputedStyle(words).direction);
  expect(await direction("Hello from the left")).toBe("ltr");
  expect(await direction("שלום מימין")).toBe("rtl");
  for (const text of ["Hello from the left", "שלום מימין"]) {
    expect(await isTimeBeside(dora, text), text).toBe(true);
  }
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("dialog", { name: "Settings" }).waitFor();
  await fits("settings");
  await dora.context.close();
});

/** Whether the time of a message covers none of its words. */
function isTimeBeside(person: Person, text: string): Promise<boolean> {
  return person.message(text).evaluate((message) => {
    const words = message.querySelector(".words p")?.firstChild;
    const time = message.querySelector("time")?.getBoundingClientRect();
    if (!words || !time) return false;
    const range = document.createRange();
    range.selectNodeContents(words);
    const { left, right, top, bottom } = range.getBoundingClientRect();
    const isApart =
      time.left >= right || time.right <= left || time.top >= bottom || time.bottom <= top;
    return isApart;
  });
}
