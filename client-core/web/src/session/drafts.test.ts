import type { MessageId } from "restante-client";
import { expect, it } from "vitest";
import { together } from "./drafts.ts";

const answered = "11" as MessageId;

it("what leaves and what is written next are kept as one draft", () => {
  const leaving = { text: "Look at this", reply: answered };
  const next = { text: "and this", reply: null };
  expect(together([leaving, next])).toEqual({ text: "Look at this\nand this", reply: answered });
});

it("nothing written is no draft", () => {
  expect(together([])).toBeNull();
  expect(together([{ text: "", reply: null }])).toBeNull();
  expect(together([{ text: "", reply: answered }])).toEqual({ text: "", reply: answered });
});
