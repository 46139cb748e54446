/**
 * Somebody at a browser of their own, acting by what is on the screen: labels, roles and words. A story
 * therefore fails, too, when something can no longer be reached by name.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { chromium } from "playwright-core";

/** In which everything that a story waits for must have happened, on a busy machine too. */
const DEADLINE_MS = 60_000;

/** Where people's files lie until the stories end. */
const FILES = mkdtempSync(join(tmpdir(), "restante-files-"));
process.once("exit", () => rmSync(FILES, { recursive: true, force: true }));

/** How long somebody looks away. */
const LOOKING_AWAY_MS = 5_000;

/** No network but the relay's, and a microphone that hums. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
];

/** Gives the microphone without a question. */
const FAKE_UI = "--use-fake-ui-for-media-stream";

const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** @param options - Whether the person is asked for the microphone, and nobody answers. */
export function launch(options: { asksForDevices?: boolean } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: options.asksForDevices
      ? [...ARGUMENTS, "--deny-permission-prompts"]
      : [...ARGUMENTS, FAKE_UI],
  });
}

export interface Look {
  locale?: string;
  colorScheme?: "light" | "dark";
  viewport?: { width: number; height: number };
  permissions?: string[];
}

export class Person {
  /** What the page complained of: nothing, in a story that is well. */
  readonly complaints: string[] = [];

  private constructor(
    readonly name: string,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async at(browser: Browser, url: string, name: string, look: Look = {}): Promise<Person> {
    const context = await browser.newContext({
      locale: look.locale ?? "en",
      colorScheme: look.colorScheme ?? "light",
      viewport: look.viewport ?? { width: 1200, height: 800 },
      permissions: look.permissions ?? ["clipboard-read", "clipboard-write", "microphone"],
    });
    context.setDefaultTimeout(DEADLINE_MS);
    const person = new Person(name, context, await context.newPage());
    person.page.on("pageerror", (error) => person.complaints.push(error.message));
    person.page.on("console", (line) => {
      if (line.type() === "error") {
        person.complaints.push(`${line.text()} (${line.location().url})`);
      }
    });
    await person.page.goto(url);
    return person;
  }

  /** The same person at another tab. */
  on(page: Page): Person {
    return new Person(this.name, this.context, page);
  }

  /** From the first screen to the list of chats; gives the password that was proposed. */
  async registers(): Promise<string> {
    const { page } = this;
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByRole("textbox", { name: "Username", exact: true }).fill(this.name);
    const password = page.getByLabel("Password", { exact: true });
    await until(async () => (await password.inputValue()) !== "");
    const proposed = await password.inputValue();
    await page.getByRole("button", { name: "Create account" }).click();
    await this.keepsThePhrase();
    return proposed;
  }

  async keepsThePhrase(): Promise<void> {
    const { page } = this;
    const shown = page.getByRole("list", { name: "Recovery phrase" }).locator("li");
    await shown.first().waitFor();
    const words = await shown.allTextContents();
    await page.getByRole("button", { name: "I have written them down" }).click();
    const asked = page.getByRole("textbox", { name: /^Word \d+$/ });
    const label = (await asked.getAttribute("id")) ?? "";
    const text = await page.locator(`label[for="${label}"]`).textContent();
    const place = Number(/\d+/.exec(text ?? "")?.[0]);
    await asked.fill(words[place - 1] ?? "");
    await page.getByRole("button", { name: "Start chatting" }).click();
    await this.list().or(page.getByText("No chats yet")).first().waitFor();
  }

  async asks(name: string, words = ""): Promise<void> {
    const { page } = this;
    await page.getByRole("button", { name: "New chat" }).click();
    const dialog = page.getByRole("dialog", { name: "New chat" });
    await dialog.getByLabel("Exact username").fill(name);
    await dialog.getByLabel("A few words (optional)").fill(words);
    await dialog.getByRole("button", { name: "Send request" }).click();
    await dialog.waitFor({ state: "detached" });
  }

  async accepts(name: string): Promise<void> {
    const request = this.page.getByRole("article").filter({ hasText: name });
    await request.getByRole("button", { name: "Accept" }).click();
    await request.getByRole("button", { name: "Accept" }).waitFor({ state: "detached" });
  }

  /** As a further client of the account, from the first screen. */
  async signsIn(password: string): Promise<void> {
    const { page } = this;
    await page.getByRole("button", { name: "I have an account" }).click();
    await page.getByRole("textbox", { name: "Username", exact: true }).fill(this.name);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await this.list().or(page.getByText("No chats yet")).first().waitFor();
  }

  /** A group, and opens it. */
  async makesGroup(title: string): Promise<void> {
    const { page } = this;
    await page.getByRole("button", { name: "New chat" }).click();
    const dialog = page.getByRole("dialog", { name: "New chat" });
    await dialog.getByRole("button", { name: "Group" }).click();
    await dialog.getByLabel("Name of the group").fill(title);
    await dialog.getByRole("button", { name: "Create group" }).click();
    await dialog.waitFor({ state: "detached" });
    await this.opens(title);
  }

  async opens(title: string): Promise<void> {
    await this.list()
      .getByRole("button")
      .filter({ has: this.page.getByText(title, { exact: true }) })
      .click();
    await this.page.getByRole("heading", { name: title, exact: true }).first().waitFor();
  }

  /** Goes to another tab for a while, long enough for what is done then. */
  async looksAway(): Promise<void> {
    await this.page.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await this.page.waitForTimeout(LOOKING_AWAY_MS);
  }

  composer(): Locator {
    return this.page.getByRole("textbox", { name: /^Message to/ });
  }

  async says(text: string): Promise<void> {
    await this.composer().fill(text);
    await this.composer().press("Enter");
  }

  /** Chooses a file from a disk, to be sent with the next words. Browsers tell its type by its name. */
  async attaches(name: string, content: Buffer): Promise<void> {
    const path = join(mkdtempSync(join(FILES, "file-")), name);
    writeFileSync(path, content);
    await this.page.locator("input[type=file]").first().setInputFiles(path);
  }

  async sees(text: string): Promise<void> {
    await this.message(text).waitFor();
  }

  message(text: string): Locator {
    return this.page.getByRole("feed").getByRole("article").filter({ hasText: text }).first();
  }

  list(): Locator {
    return this.page.getByRole("list", { name: "Chats" });
  }
}

/** Waits for what nobody announces. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  // oxlint-disable-next-line no-await-in-loop
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
