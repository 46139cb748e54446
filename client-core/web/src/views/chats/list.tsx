import { BellOff } from "lucide";
import { memo } from "preact/compat";
import { useMemo } from "preact/hooks";
import type { Chat } from "../../state/chats.ts";
import { chats } from "../../state/chats.ts";
import { timeOf } from "../../state/rows.ts";
import { RoomAvatar } from "../common/avatar.tsx";
import { Icon } from "../common/icon.tsx";
import { moveFocus } from "../common/roving.ts";
import { useDates, useNow, useSay, useSession, useView } from "../context.tsx";
import { Ticks } from "../timeline/ticks.tsx";
import { useSummary } from "./summary.ts";

/** All chats; one stop for Tab, arrows inside. */
export function ChatList() {
  const say = useSay();
  const now = useNow();
  const open = useView((state) => state.timeline?.room ?? null);
  const isLoaded = useView((state) => state.loaded);
  const list = useChats(now);
  if (isLoaded && list.length === 0) return <NoChats />;
  const stop = list.some(({ room }) => room.id === open) ? open : list[0]?.room.id;
  return (
    // The rows take the focus; the list only hears the arrow keys of its rows.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <ul
      class="chats"
      aria-label={say("chats.list")}
      onKeyDown={(event) => moveFocus(event, event.currentTarget, ".chat")}
    >
      {list.map((chat) => (
        <li key={chat.room.id}>
          <ChatRow
            chat={chat}
            isOpen={chat.room.id === open}
            isStop={chat.room.id === stop}
            now={now}
          />
        </li>
      ))}
    </ul>
  );
}

/** The list as it follows from the state; drawn again when something in it changed. */
export function useChats(now: number): readonly Chat[] {
  const rooms = useView((state) => state.rooms);
  const latest = useView((state) => state.latest);
  const drafts = useView((state) => state.drafts);
  const typing = useView((state) => state.typing);
  const presence = useView((state) => state.presence);
  return useMemo(
    () => chats({ rooms, latest, drafts, typing, presence }, now),
    [rooms, latest, drafts, typing, presence, now],
  );
}

interface RowProps {
  chat: Chat;
  isOpen: boolean;
  isStop: boolean;
  now: number;
}

const ChatRow = memo(
  function ChatRow({ chat, isOpen, isStop, now }: RowProps) {
    const say = useSay();
    const dates = useDates();
    const session = useSession();
    const { room, latest } = chat;
    const summary = useSummary(chat);
    return (
      <button
        type="button"
        class={isOpen ? "chat chat-open" : "chat"}
        tabIndex={isStop ? 0 : -1}
        aria-current={isOpen ? "true" : undefined}
        onClick={() => void session.open(room.id)}
      >
        <RoomAvatar room={room} presence={chat.presence} />
        <span class="chat-body">
          <span class="chat-line">
            <span class="chat-title" dir="auto">
              {room.title}
            </span>
            {room.muted !== "off" && (
              <span class="chat-muted" role="img" aria-label={say("chats.muted")}>
                <Icon of={BellOff} size={14} />
              </span>
            )}
            {latest && (
              <time class="chat-time" dateTime={latest.sent_at}>
                {dates.brief(Math.min(timeOf(latest), now), now)}
              </time>
            )}
          </span>
          <span class="chat-line">
            <span class={`chat-words chat-words-${summary.kind}`} dir="auto">
              {summary.kind === "draft" && <b>{say("chats.draft")} </b>}
              {summary.text}
            </span>
            {latest?.own && summary.kind === "message" && <Ticks state={latest.state} />}
            {room.unread > 0 && (
              <span
                class={room.muted === "off" ? "badge" : "badge badge-quiet"}
                aria-label={say("chats.unread", { n: room.unread })}
                role="img"
              >
                {room.unread > 999 ? "999+" : room.unread}
              </span>
            )}
          </span>
        </span>
      </button>
    );
  },
  (a, b) =>
    a.isOpen === b.isOpen &&
    a.isStop === b.isStop &&
    a.now === b.now &&
    a.chat.room === b.chat.room &&
    a.chat.latest === b.chat.latest &&
    a.chat.draft === b.chat.draft &&
    a.chat.typing === b.chat.typing &&
    a.chat.presence === b.chat.presence,
);

function NoChats() {
  const say = useSay();
  const me = useView((state) => (state.home.state === "open" ? state.home.me.username : ""));
  return (
    <div class="empty">
      <h2>{say("chats.empty_title")}</h2>
      <p>{say("chats.empty_text", { name: me })}</p>
    </div>
  );
}
