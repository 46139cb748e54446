/** What the browser does in the place of the engine's libraries: pictures, and the judge of passwords. */

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import "../example/window.ts";
import { launch } from "../src/person.ts";
import { photo } from "../src/photo.ts";
import { Relay } from "../src/relay.ts";
import { Site } from "../src/site.ts";
import { Terminal } from "../src/terminal.ts";
import { until } from "../src/until.ts";

/** Where a camera says that it was. */
const PLACE = "52.5200-13.4050";

let relay: Relay;
let site: Site;
let browser: Browser;
let context: BrowserContext;
let alice: Page;
let bob: Terminal;

beforeAll(async () => {
  relay = await Relay.start();
  site = await Site.start(relay.url);
  browser = await launch();
  context = await browser.newContext();
  alice = await site.open(context);
});

afterAll(async () => {
  await browser?.close();
  await site?.end();
  await relay?.end();
  bob?.end();
});

it("weak passwords are refused as at a terminal, and nothing is fetched twice for it", async () => {
  const judges: string[] = [];
  context.on("request", (request) => {
    if (request.url().includes("restante_strength") && request.url().endsWith(".wasm")) {
      judges.push(request.url());
    }
  });
  expect(judges).toEqual([]);
  for (const password of ["password1", "alice2026", "qwertyuiop"]) {
    const refused = await alice.evaluate(
      (given) =>
        window.client.account.register(given).then(
          () => "taken",
          (error: { code?: string }) => error.code,
        ),
      { username: "alice", password },
    );
    expect(refused).toBe("weak_password");
  }
  await alice.evaluate(() =>
    window.client.account.register({
      username: "alice",
      password: "an unlikely heron walks sideways",
    }),
  );
  await alice.evaluate(() => window.client.sync());
  expect(judges).toHaveLength(1);
});

it("of a photo the pixels are sent, upright, and of a file every byte", async () => {
  bob = await Terminal.at(site.url, "bob");
  await bob.run(["contact", "add", "alice"]);
  await until(
    () => alice.evaluate(() => window.client.rooms.list()),
    (rooms) => rooms.some(({ title, phase }) => title === "bob" && phase === "joined"),
  );
  const sent = await alice.evaluate(async (place) => {
    // A JPEG that a camera held on its side: orientation 6, and a place beside it.
    const canvas = new OffscreenCanvas(600, 400);
    const context = canvas.getContext("2d");
    context?.fillRect(0, 0, 300, 400);
    const drawn = await canvas.convertToBlob({ type: "image/jpeg" });
    const tiff = [77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
    const words = new TextEncoder().encode(place);
    const exif = [69, 120, 105, 102, 0, 0, ...tiff, ...words];
    const plain = new Uint8Array(await drawn.arrayBuffer());
    const jpeg = new Uint8Array([
      ...plain.subarray(0, 2),
      ...[0xff, 0xe1, 0, exif.length + 2],
      ...exif,
      ...plain.subarray(2),
    ]);

    const [room] = await window.client.rooms.list();
    if (!room) throw new Error("no room");
    const found = [];
    for (const photo of [true, false]) {
      const file = new File([jpeg], "cat.jpeg", { type: "image/jpeg" });
      const text = photo ? "pixels" : "bytes";
      const message = await window.client.messages.send(room.id, {
        text,
        files: [{ file, photo }],
      });
      for (let state; !state || state === "queued";) {
        await window.client.sync();
        const history = await window.client.messages.history(room.id);
        state = history.find(({ id }) => id === message)?.state;
      }
      const fetched = await window.client.files.fetch(room.id, message, 0);
      const shown = await createImageBitmap(fetched);
      const bytes = new Uint8Array(await fetched.arrayBuffer());
      const preview = await window.client.files.thumbnail(room.id, message, 0);
      const small = preview && (await createImageBitmap(preview));
      found.push({
        tellsPlace: new TextDecoder("latin1").decode(bytes).includes(place),
        isSame: bytes.length === jpeg.length && bytes.every((byte, at) => byte === jpeg[at]),
        size: [shown.width, shown.height],
        preview: small && [small.width, small.height],
      });
    }
    return found;
  }, PLACE);
  const upright = { size: [400, 600], preview: [213, 320] };
  expect(sent).toEqual([
    { tellsPlace: false, isSame: false, ...upright },
    { tellsPlace: true, isSame: true, ...upright },
  ]);
});

it("what is no picture, or would need much memory, is no photo", async () => {
  const bomb = photo(1, 1);
  bomb.writeUInt32BE(60_000, 16);
  bomb.writeUInt32BE(60_000, 20);
  const files = [bomb, Buffer.from("no picture"), photo(40, 40).subarray(0, 60)];
  for (const bytes of files) {
    const refused = await alice.evaluate(
      async (given) => {
        const [room] = await window.client.rooms.list();
        if (!room) throw new Error("no room");
        const file = new File([new Uint8Array(given)], "cat.png");
        return window.client.messages.send(room.id, { files: [{ file, photo: true }] }).then(
          () => "taken",
          (error: { code?: string }) => error.code,
        );
      },
      [...bytes],
    );
    expect(refused).toBe("not_a_picture");
  }
  expect(site.complaints).toEqual([]);
});
