import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { datesIn, duration, size } from "./dates.ts";
import { en } from "./en.ts";
import type { Text } from "./index.ts";
import { sayError, sayIn } from "./index.ts";
import { zh } from "./zh.ts";

const forms = (text: Text) => (typeof text === "string" ? [text] : Object.values(text));
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

describe("texts", () => {
  it("have the same places in both languages and in every plural form", () => {
    for (const [key, text] of Object.entries(zh)) {
      const english = forms(en[key as keyof typeof en] as Text);
      for (const form of [...english, ...forms(text)]) {
        expect(places(form), key).toEqual(places(english[0] ?? ""));
      }
    }
  });

  it("choose the plural form of their language", () => {
    expect(sayIn("en")("chats.unread", { n: 1 })).toBe("1 unread message");
    expect(sayIn("en")("chats.unread", { n: 2000 })).toBe("2,000 unread messages");
    expect(sayIn("zh")("chats.unread", { n: 1 })).toBe("1 条未读消息");
  });

  it("take values as they are", () => {
    expect(sayIn("en")("notice.left", { name: "{title} $& <b>" })).toBe("{title} $& <b> left");
  });

  it("say every error code that is documented", () => {
    const documented = ["../../docs/protocol.md", "../../docs/command-line.md"].flatMap((path) => {
      const page = readFileSync(path, "utf8");
      const table = page.slice(page.search(/^##.*Error codes$/m)).split(/\n## /)[0] ?? "";
      return [...table.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap((row) =>
        [...(row[1] ?? "").matchAll(/`(\w+)`/g)].map((code) => code[1] ?? ""),
      );
    });
    expect(documented.length).toBeGreaterThan(60);
    const say = sayIn("en");
    // `usage` is of a command line.
    const unsaid = documented.filter(
      (code) => code !== "usage" && sayError(say, code) === say("error.unknown", { code }),
    );
    expect(unsaid).toEqual([]);
  });
});

describe("times", () => {
  const now = new Date(2026, 10, 22, 12, 0).getTime();
  const dates = datesIn("en", sayIn("en"));

  it("are said by the day", () => {
    expect(dates.day(now, now)).toBe("Today");
    expect(dates.day(new Date(2026, 10, 21, 23, 59).getTime(), now)).toBe("Yesterday");
    expect(dates.day(new Date(2026, 10, 18).getTime(), now)).toBe("Wednesday");
    expect(dates.day(new Date(2025, 0, 2).getTime(), now)).toBe("January 2, 2025");
    expect(dates.brief(new Date(2026, 10, 22, 9, 5).getTime(), now)).toBe("09:05");
    expect(datesIn("zh-Hans", sayIn("zh")).day(new Date(2026, 0, 2).getTime(), now)).toBe("1月2日");
  });

  it("and sizes are short", () => {
    expect(duration(65_400)).toBe("1:05");
    expect(size(1_430_000, "en")).toBe("1.4 MB");
  });
});
