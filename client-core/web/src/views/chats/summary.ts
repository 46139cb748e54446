import type { Message } from "restante-client";
import type { Say } from "../../i18n/index.ts";
import type { Chat } from "../../state/chats.ts";
import { useSay } from "../context.tsx";

export interface Summary {
  kind: "typing" | "draft" | "message" | "quiet";
  text: string;
}

/** The one line that says what a chat is about now. */
export function useSummary(chat: Chat): Summary {
  return summary(chat, useSay());
}

export function summary({ room, latest, draft, typing }: Chat, say: Say): Summary {
  if (typing.length > 0) return { kind: "typing", text: sayTyping(typing, say) };
  if (draft && draft.text !== "") return { kind: "draft", text: draft.text.slice(0, 200) };
  if (room.phase === "known") return { kind: "quiet", text: say("chats.known") };
  if (room.phase === "removed") return { kind: "quiet", text: say("chats.removed") };
  if (!latest) {
    const isAsked = room.direct && room.participants.length < 2;
    return { kind: "quiet", text: say(isAsked ? "chats.asked" : "chats.no_messages") };
  }
  const words = messageWords(latest, say);
  const isNamed = !room.direct && !latest.own;
  return {
    kind: "message",
    text: isNamed ? say("timeline.said", { name: latest.sender, text: words }) : words,
  };
}

/** A message on one line, without its marks. */
export function messageWords(message: Message, say: Say): string {
  if (message.deleted) return say("chats.deleted");
  const text = message.text
    .slice(0, 200)
    .replace(/[*_`~]{1,3}/g, "")
    .replace(/\s+/g, " ")
    .trim();
  if (text !== "") return text;
  const [file] = message.attachments;
  if (file?.kind === "image") return say("chats.photo");
  if (file?.kind === "voice") return say("chats.voice");
  return file?.name ?? say("message.unreadable");
}

/** Who is writing. */
export function sayTyping(names: readonly string[], say: Say): string {
  const [a, b] = names;
  if (a === undefined) return "";
  if (b === undefined) return say("typing.one", { name: a });
  return names.length === 2 ? say("typing.two", { a, b }) : say("typing.many");
}
