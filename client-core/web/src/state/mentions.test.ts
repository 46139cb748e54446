import { describe, expect, it } from "vitest";
import { complete, mentionAt } from "./mentions.ts";

const people = ["bob", "Bonnie", "李明"];

describe("a mention", () => {
  it("is offered behind an @ at the beginning of a word", () => {
    expect(mentionAt("hi @bo", 6, people)?.names).toEqual(["bob", "Bonnie"]);
    expect(mentionAt("@", 1, people)?.names).toEqual(people);
    expect(mentionAt("@李", 2, people)?.names).toEqual(["李明"]);
    expect(mentionAt("mail@bo", 7, people)).toBeNull();
    expect(mentionAt("@nobody", 7, people)).toBeNull();
    expect(mentionAt("@bob and", 8, people)).toBeNull();
  });

  it("takes the place of what was begun", () => {
    const mention = mentionAt("hi @bo there", 6, people);
    expect(mention && complete("hi @bo there", 6, mention, "bob")).toEqual({
      text: "hi @bob  there",
      cursor: 8,
    });
  });
});
