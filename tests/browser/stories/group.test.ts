import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { friends } from "../src/friends.ts";
import type { Person } from "../src/person.ts";
import { photo } from "../src/photo.ts";
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

it("an answer shows what it answers and leads there", async () => {
  await alice.says("First words");
  await bob.sees("First words");
  await bob.message("First words").hover();
  await bob.message("First words").getByRole("button", { name: "Reply" }).click();
  await bob.says("An answer to them");
  const answer = alice.message("An answer to them");
  await answer.getByRole("button", { name: /alice/ }).click();
  await alice.message("First words").waitFor();
});

it("a reaction is seen by the other, and taken back", async () => {
  const said = alice.message("First words");
  await said.hover();
  await said.getByRole("button", { name: "React", exact: true }).click();
  await alice.page.getByRole("toolbar", { name: "React" }).getByText("👍").click();
  await bob.message("First words").getByRole("button", { name: "👍 by alice" }).waitFor();
  await said.getByRole("button", { name: "👍 by alice" }).click();
  const seen = bob.message("First words").getByRole("button", { name: "👍 by alice" });
  await seen.waitFor({ state: "detached" });
});

it("arrow-up edits the last own message", async () => {
  await alice.says("Wrnog word");
  await alice.sees("Wrnog word");
  await bob.sees("Wrnog word");
  await alice.composer().press("ArrowUp");
  await alice.composer().fill("Right word");
  await alice.composer().press("Enter");
  await bob.sees("Right word");
  await bob.message("Right word").getByText("edited").waitFor();
});

it("enter while an input method composes sends nothing", async () => {
  await alice.composer().fill("");
  const devtools = await alice.context.newCDPSession(alice.page);
  await alice.composer().focus();
  await devtools.send("Input.imeSetComposition", {
    text: "ni hao",
    selectionStart: 6,
    selectionEnd: 6,
  });
  await alice
    .composer()
    .dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
  await devtools.send("Input.insertText", { text: "你好，世界" });
  expect(await alice.composer().inputValue()).toBe("你好，世界");
  await alice.composer().press("Enter");
  await bob.sees("你好，世界");
  expect(await alice.page.getByText("ni hao").count()).toBe(0);
});

it("a draft outlives a reload and stands in the list", async () => {
  await alice.composer().fill("half a thought");
  await alice.page.getByText("Draft:").or(alice.composer()).first().waitFor();
  await alice.page.waitForFunction(() => document.querySelector(".chat-words-draft") !== null);
  await alice.page.reload();
  await alice.opens("bob");
  await expect.poll(() => alice.composer().inputValue()).toBe("half a thought");
  await alice.composer().fill("");
});

it("a photo with a caption is seen by the other", async () => {
  await alice.page
    .locator("input[type=file]")
    .first()
    .setInputFiles({
      name: "quay.png",
      mimeType: "image/png",
      buffer: photo(320, 200),
    });
  await alice.says("The quay at noon");
  await bob.sees("The quay at noon");
  const image = bob.message("The quay at noon").getByRole("img", { name: "Image from alice" });
  await expect
    .poll(() => image.evaluate((drawn: HTMLImageElement) => drawn.naturalWidth), {
      timeout: 60_000,
    })
    .toBe(320);
});

it("a voice message is recorded, sent and played", async () => {
  await bob.page.getByRole("button", { name: "Record a voice message" }).click();
  await bob.page.getByRole("status", { name: "Recording" }).waitFor();
  await bob.page.waitForFunction(
    () => document.querySelector(".composer-voice .voice-time")?.textContent === "0:02",
  );
  await bob.page.getByRole("button", { name: "Send" }).click();
  const play = alice.page.getByRole("feed").getByRole("button", { name: "Play" });
  await play.click();
  await alice.page.getByRole("feed").getByRole("button", { name: "Pause" }).waitFor();
});

it("what is written while the relay is gone arrives when it is back", async () => {
  await relay.kill();
  await alice.says("Written in the dark");
  const queued = alice.message("Written in the dark");
  await queued.getByRole("img", { name: "Waiting to be sent" }).waitFor();
  await relay.restart();
  await bob.sees("Written in the dark");
  await queued.getByRole("img", { name: /Delivered|Read/ }).waitFor();
});

it("a group is made, renamed and talked in", async () => {
  const { page } = alice;
  await page.getByRole("button", { name: "New chat" }).click();
  const dialog = page.getByRole("dialog", { name: "New chat" });
  await dialog.getByRole("button", { name: "Group" }).click();
  await dialog.getByLabel("Name of the group").fill("Harbour crew");
  await dialog.getByRole("checkbox", { name: "bob" }).check();
  await dialog.getByRole("button", { name: "Create group" }).click();
  await bob.opens("Harbour crew");
  await alice.opens("Harbour crew");
  await alice.says("Welcome on board");
  await bob.sees("Welcome on board");
  await page.getByRole("button", { name: "About this chat" }).click();
  await page.getByRole("button", { name: "Name", exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill("Night watch");
  await page.getByRole("button", { name: "Save" }).click();
  await bob.list().getByRole("button").filter({ hasText: "Night watch" }).waitFor();
  await bob.page.getByText("alice named the group “Night watch”").waitFor();
});

it("a word of Chinese is found and jumped to", async () => {
  await alice.page.keyboard.press("Control+Shift+F");
  const dialog = alice.page.getByRole("dialog", { name: "Search messages" });
  await dialog.getByRole("searchbox").fill("世界");
  await dialog.getByRole("button", { name: /你好，世界/ }).click();
  await alice.sees("你好，世界");
});

it("both see the same safety number", async () => {
  const digits = async (person: Person, other: string) => {
    await person.opens(other);
    await person.page.getByRole("button", { name: "Safety number" }).first().click();
    const dialog = person.page.getByRole("dialog", { name: "Safety number" });
    await dialog.getByRole("img", { name: "Safety number as a QR code" }).waitFor();
    const found = await dialog.getByRole("listitem").allTextContents();
    await person.page.keyboard.press("Escape");
    return found;
  };
  const seen = await digits(alice, "bob");
  expect(seen).toHaveLength(12);
  expect(await digits(bob, "alice")).toEqual(seen);
});
