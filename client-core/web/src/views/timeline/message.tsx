import type { Message } from "restante-client";
import { useState } from "preact/hooks";
import { duration } from "../../i18n/dates.ts";
import type { Row } from "../../state/rows.ts";
import { timeOf } from "../../state/rows.ts";
import { messageWords } from "../chats/summary.ts";
import { Initial, colourOf } from "../common/avatar.tsx";
import { useDates, useSay, useSession, useView } from "../context.tsx";
import { MessageActions } from "./actions.tsx";
import { Attachments } from "./attachments.tsx";
import { Markdown } from "./markdown.tsx";
import { Reactions } from "./reactions.tsx";
import { Ticks } from "./ticks.tsx";

/** Longer texts are folded until the person wants all of them. */
const FOLDED = 2_000;

interface MessageRowProps {
  row: Extract<Row, { kind: "message" }>;
  isStop: boolean;
  isFlashed: boolean;
}

export function MessageRow({ row, isStop, isFlashed }: MessageRowProps) {
  const say = useSay();
  const dates = useDates();
  const { message, follows, goesOn } = row;
  const isDirect = useView((state) => state.rooms.get(message.room)?.direct ?? false);
  const time = dates.time(timeOf(message));
  const isNamed = !message.own && !isDirect;
  const classes = [
    "message",
    message.own ? "message-own" : "message-other",
    follows ? "message-follows" : "",
    goesOn ? "message-goes-on" : "",
    isFlashed ? "message-flashed" : "",
  ];
  return (
    <article
      class={classes.join(" ")}
      data-row={row.key}
      // One stop of the feed; the arrow keys of the feed go on from here.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={isStop ? 0 : -1}
      aria-label={label(message, time, say)}
    >
      {isNamed && (
        <div class="message-avatar">
          {!goesOn && <Initial name={message.sender} size="small" />}
        </div>
      )}
      <div class="message-column">
        <div class="bubble-line">
          <div class="bubble">
            {isNamed && !follows && (
              <p class={`bubble-name name-colour-${colourOf(message.sender)}`} dir="auto">
                {message.sender}
              </p>
            )}
            {message.reply && <Quoted message={message} />}
            {message.attachments.length > 0 && <Attachments message={message} />}
            <Words message={message} />
            <p class="bubble-meta">
              {message.edited && <span class="meta-edited">{say("message.edited")}</span>}
              <time dateTime={message.sent_at} title={dates.full(timeOf(message))}>
                {time}
              </time>
              {message.own && !message.deleted && <Ticks state={message.state} />}
            </p>
          </div>
          {!message.deleted && <MessageActions message={message} />}
        </div>
        {message.reactions.length > 0 && <Reactions message={message} />}
      </div>
    </article>
  );
}

function Words({ message }: { message: Message }) {
  const say = useSay();
  const [isWhole, setWhole] = useState(false);
  if (message.deleted) return <p class="bubble-deleted">{say("message.deleted")}</p>;
  if (message.text === "") {
    return message.attachments.length > 0 ? null : (
      <p class="bubble-deleted">{say("message.unreadable")}</p>
    );
  }
  const isFolded = message.text.length > FOLDED && !isWhole;
  return (
    <div class={isEmojiOnly(message.text) ? "words words-emoji" : "words"} dir="auto">
      <Markdown text={isFolded ? `${message.text.slice(0, FOLDED)}…` : message.text} />
      {isFolded && (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          {say("message.more")}
        </button>
      )}
    </div>
  );
}

/** What is answered; leads there. */
function Quoted({ message }: { message: Message }) {
  const say = useSay();
  const session = useSession();
  const { reply } = message;
  if (!reply) return null;
  if (reply.sender === "") return <p class="quoted quoted-gone">{say("message.original_gone")}</p>;
  return (
    <button
      type="button"
      class={`quoted quoted-colour-${colourOf(reply.sender)}`}
      onClick={() => session.jump(message.room, reply.id, reply.n)}
    >
      <b dir="auto">{reply.sender}</b>
      <span dir="auto">{reply.snippet || say("chats.photo")}</span>
    </button>
  );
}

/** Who, when, what, and how far it has come: in one breath. */
function label(message: Message, time: string, say: ReturnType<typeof useSay>): string {
  const name = message.own ? say("common.you") : message.sender;
  const length = message.attachments[0]?.duration_ms;
  const parts = [
    `${name}, ${time}`,
    message.deleted ? say("message.deleted") : messageWords(message, say),
    ...(length ? [duration(length)] : []),
    ...(message.state === "received" ? [] : [say(`state.${message.state}`)]),
  ];
  return parts.join(". ");
}

/** One to three emoji and nothing else are shown large. */
export function isEmojiOnly(text: string): boolean {
  return /^(?:\p{RGI_Emoji}\s?){1,3}$/v.test(text.trim());
}
