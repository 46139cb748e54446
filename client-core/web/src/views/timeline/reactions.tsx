import type { Message, Reaction } from "restante-client";
import { useSay, useSession } from "../context.tsx";

/** What was said about a message, each emoji once; own ones are taken back by a click. */
export function Reactions({ message }: { message: Message }) {
  return (
    <div class="reactions">
      {message.reactions.map((reaction) => (
        <ReactionButton key={reaction.emoji} message={message} reaction={reaction} />
      ))}
    </div>
  );
}

function ReactionButton({ message, reaction }: { message: Message; reaction: Reaction }) {
  const say = useSay();
  const session = useSession();
  const { emoji, people, own } = reaction;
  const label = say("message.reaction", { emoji, names: people.join(", ") });
  const { messages } = session.client;
  const toggle = () =>
    session.carryOut(() =>
      own
        ? messages.unreact(message.room, message.id, emoji)
        : messages.react(message.room, message.id, emoji),
    );
  return (
    <button
      type="button"
      class={own ? "reaction reaction-own" : "reaction"}
      aria-pressed={own}
      aria-label={label}
      title={label}
      onClick={() => void toggle()}
    >
      <span>{emoji}</span>
      {people.length > 1 && <span class="reaction-count">{people.length}</span>}
    </button>
  );
}
