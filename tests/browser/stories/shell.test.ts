/** The page as a program that is installed: it starts without the relay, is updated, and hears pushes. */

import type { Browser, Worker } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { Front } from "../src/front.ts";
import { Person, launch, until } from "../src/person.ts";
import { Relay } from "../src/relay.ts";

let relay: Relay;
let front: Front;
let browser: Browser;

beforeAll(async () => {
  relay = await Relay.start();
  front = await Front.start(relay.url);
  browser = await launch();
});
afterEach(() => front.withdraw());
afterAll(async () => {
  await browser?.close();
  await front?.end();
  await relay?.end();
});

/** Waits until the page would start without the relay. */
async function installed(person: Person): Promise<void> {
  await person.page.evaluate(() => navigator.serviceWorker.ready);
  await until(() => person.page.evaluate(() => navigator.serviceWorker.controller !== null));
}

it("without the relay the page starts, shows what is here and takes what is written", async () => {
  const [alice, bob] = await Promise.all([
    Person.at(browser, front.url, "alice"),
    Person.at(browser, front.url, "bob"),
  ]);
  await Promise.all([alice.registers(), bob.registers()]);
  await alice.asks("bob");
  await bob.accepts("alice");
  await bob.opens("alice");
  await bob.says("Read me at sea");
  await alice.opens("bob");
  await alice.sees("Read me at sea");
  await installed(alice);

  await relay.kill();
  await alice.page.reload();
  await alice.opens("bob");
  await alice.sees("Read me at sea");
  await alice.says("Written at sea");
  const queued = alice.message("Written at sea");
  await queued.getByRole("img", { name: "Waiting to be sent" }).waitFor();
  const policy = await alice.page.evaluate(async () => {
    const answer = await fetch("/");
    return answer.headers.get("content-security-policy");
  });
  expect(policy).toContain("require-trusted-types-for 'script'");
  // The composer is there although nothing came from the relay, the emoji included.
  await alice.page.getByRole("button", { name: "Emoji" }).click();
  await alice.page
    .getByRole("dialog")
    .getByRole("textbox")
    .or(alice.page.getByRole("searchbox"))
    .first()
    .waitFor();
  await alice.page.keyboard.press("Escape");

  await relay.restart();
  await bob.sees("Written at sea");
  await Promise.all([alice.context.close(), bob.context.close()]);
});

it("the judge of passwords is kept with the version that first needed it", async () => {
  const { context, page } = await loaded("judy");
  await page.reload();
  await page.getByText("No chats yet").waitFor();
  const kept = () =>
    page.evaluate(async () => {
      const names = (await caches.keys()).filter((name) => name.startsWith("shell/"));
      const shells = await Promise.all(names.map((name) => caches.open(name)));
      const files = (await Promise.all(shells.map((shell) => shell.keys()))).flat();
      return files.filter(({ url }) => /restante_strength.*\.wasm$/.test(url)).length;
    });
  const judged = async (password: string) => {
    const dialog = page.getByRole("dialog", { name: "Change password" });
    await dialog.getByLabel("New password").fill(password);
    await dialog.getByRole("button", { name: "Save" }).click();
    return dialog.getByRole("alert");
  };
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByLabel("Present password").fill("it does not matter here");
  await (await judged("password1")).getByText("easy to guess").waitFor();
  expect(await kept()).toBe(1);
  await relay.kill();
  try {
    await page.reload();
    await page.getByText("No chats yet").waitFor();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByLabel("Present password").fill("it does not matter here");
    // The weak one is judged without the relay; the strong one wants it.
    await (await judged("qwertyuiop")).getByText("easy to guess").waitFor();
    await (
      await judged("an unlikely heron walks sideways")
    )
      .getByText("cannot be reached")
      .waitFor();
  } finally {
    await relay.restart();
  }
  await context.close();
});

it("a new version is announced, taken when the person says so, and loses no draft", async () => {
  const { context, page } = await loaded("carol");
  await front.publish("Restante, newer");
  const second = await context.newPage();
  await second.goto(front.url);
  // Nothing changes by itself, not even for a page that is opened now.
  expect(await second.title()).toBe("Restante");
  await second.close();
  await page.getByText("A new version is ready").waitFor();
  expect(await page.title()).toBe("Restante");
  await page.getByRole("button", { name: "New chat" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Group" }).click();
  await page.getByLabel("Name of the group").fill("Crew");
  await page.getByRole("button", { name: "Create group" }).click();
  const composer = page.getByRole("textbox", { name: /^Message to/ });
  await page.getByRole("list", { name: "Chats" }).getByText("Crew", { exact: true }).click();
  await composer.pressSequentially("half a thought");
  const loading = page.waitForEvent("load");
  await page.getByRole("button", { name: "Reload" }).click();
  await loading;
  await until(() => page.evaluate(() => document.documentElement.outerHTML.includes("newer")));
  await page.getByRole("list", { name: "Chats" }).getByText("Crew", { exact: true }).click();
  await expect.poll(() => composer.inputValue()).toBe("half a thought");
  await context.close();
});

it("a version that is not whole is never installed", async () => {
  const { context, page } = await loaded("dora");
  const before = await page.evaluate(() => fetch("/").then((answer) => answer.text()));
  await front.publish("Restante, in parts", false);
  const outcome = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    const installing = registration.installing;
    if (!installing) return "nothing was tried";
    await new Promise<void>((resolve) => {
      installing.addEventListener("statechange", () => resolve());
    });
    return installing.state;
  });
  expect(outcome).toBe("redundant");
  await page.reload();
  await page.getByText("No chats yet").waitFor();
  expect(await page.evaluate(() => fetch("/").then((answer) => answer.text()))).toBe(before);
  expect(await page.getByText("A new version is ready").count()).toBe(0);
  await context.close();
});

it("the page can be installed", async () => {
  const { context, page } = await loaded("erin");
  const devtools = await context.newCDPSession(page);
  const { errors } = await devtools.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  // Stories run in windows that forget everything, which installs nothing whatever the page is.
  const own = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
  expect(own).toEqual([]);
  await context.close();
});

it("a push is shown in words that tell nothing, and leads to the page", async () => {
  const { context, page } = await loaded("frank", "zh-CN");
  await context.grantPermissions(["notifications"], { origin: front.url });
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  // While the page is looked at it shows everything itself.
  await push(worker);
  expect(await notifications(worker)).toEqual([]);
  await page.goto("about:blank");
  await push(worker);
  await expect
    .poll(() => notifications(worker))
    .toEqual([{ title: "Restante", body: "有新消息", lang: "zh-Hans" }]);
  await context.close();
});

/** Somebody whose page is installed. */
async function loaded(name: string, locale = "en") {
  const person = await Person.at(browser, front.url, name, { locale });
  if (locale === "en") await person.registers();
  await installed(person);
  return person;
}

/** What the browser does when a push comes. */
async function push(worker: Worker): Promise<void> {
  await worker.evaluate(async () => {
    const scope = globalThis as unknown as ServiceWorkerLike;
    const waited: Promise<unknown>[] = [];
    const event = new scope.PushEvent("push");
    Object.defineProperty(event, "waitUntil", {
      value: (work: Promise<unknown>) => waited.push(work),
    });
    scope.dispatchEvent(event);
    await Promise.all(waited);
  });
}

function notifications(worker: Worker) {
  return worker.evaluate(async () => {
    const scope = globalThis as unknown as ServiceWorkerLike;
    const shown = await scope.registration.getNotifications();
    return shown.map(({ title, body, lang }) => ({ title, body, lang }));
  });
}

interface ServiceWorkerLike extends EventTarget {
  PushEvent: new (type: string) => Event;
  registration: ServiceWorkerRegistration;
}
