import { ArrowLeft, Info, Search, ShieldCheck } from "lucide";
import type { Room } from "restante-client";
import { useState } from "preact/hooks";
import type { Say } from "../../i18n/index.ts";
import type { Timeline as TimelineState } from "../../state/timeline.ts";
import { sayTyping } from "../chats/summary.ts";
import { RoomAvatar } from "../common/avatar.tsx";
import { IconButton } from "../common/button.tsx";
import { Composer } from "../composer/composer.tsx";
import { composerOf } from "../composer/handle.ts";
import { useDispatch, useSay, useView } from "../context.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { Details } from "./details.tsx";

/** The open chat. */
export function RoomView({ timeline }: { timeline: TimelineState }) {
  const room = useView((state) => state.rooms.get(timeline.room));
  const isDetailed = useView((state) => state.details);
  const drop = useDrop(timeline);
  const say = useSay();
  if (!room) return null;
  return (
    <>
      <main id="main" class="room" tabIndex={-1} {...drop.handlers}>
        <RoomHead room={room} />
        <Warnings room={room} />
        <Timeline key={timeline.room} timeline={timeline} />
        <Foot room={room} />
        {drop.isOver && <div class="drop-target">{say("composer.drop")}</div>}
      </main>
      {isDetailed && <Details room={room} />}
    </>
  );
}

function RoomHead({ room }: { room: Room }) {
  const say = useSay();
  const dispatch = useDispatch();
  const isDetailed = useView((state) => state.details);
  const showDetails = () => dispatch({ do: "details", shown: !isDetailed });
  return (
    <header class="room-head">
      <IconButton
        class="room-back"
        icon={ArrowLeft}
        label={say("common.back")}
        onClick={() => dispatch({ do: "close" })}
      />
      <button type="button" class="room-title" aria-expanded={isDetailed} onClick={showDetails}>
        <RoomAvatar room={room} size="small" />
        <span class="room-names">
          <h2 dir="auto">{room.title}</h2>
          <RoomState room={room} />
        </span>
      </button>
      {room.direct && (
        <IconButton
          icon={ShieldCheck}
          label={say("safety.title")}
          onClick={() =>
            dispatch({ do: "dialog", dialog: { kind: "safety", username: room.title } })
          }
        />
      )}
      <IconButton
        icon={Search}
        label={say("search.placeholder_room")}
        onClick={() => dispatch({ do: "dialog", dialog: { kind: "search", room: room.id } })}
      />
      <IconButton icon={Info} label={say("room.details")} onClick={showDetails} />
    </header>
  );
}

/** Who writes, who is there, how many there are. */
function RoomState({ room }: { room: Room }) {
  const say = useSay();
  const typing = useView((state) => state.typing.get(room.id)) ?? [];
  const presence = useView((state) => state.presence.get(room.title)) ?? "unknown";
  const words =
    typing.length > 0
      ? sayTyping(typing, say)
      : !room.direct
        ? say("room.members", { n: room.participants.length })
        : presence === "unknown"
          ? ""
          : say(`presence.${presence}`);
  return (
    <span class={typing.length > 0 ? "room-state room-typing" : "room-state"} aria-live="polite">
      {words}
    </span>
  );
}

/** What the person should know before trusting what is on screen. */
function Warnings({ room }: { room: Room }) {
  const say = useSay();
  return (
    <div role="status">
      {room.log_mismatch && <p class="bar bar-danger">{say("room.log_mismatch")}</p>}
      {room.in_doubt && <p class="bar">{say("room.in_doubt")}</p>}
    </div>
  );
}

/** Where one writes, or why one cannot. */
function Foot({ room }: { room: Room }) {
  const say = useSay();
  const me = useView((state) => (state.home.state === "open" ? state.home.me.username : ""));
  const contact = useView((state) => state.contacts.get(room.title));
  const isAsked = room.direct && contact?.phase === "asked";
  const reason = closedBecause(room, me, isAsked, say);
  if (reason === null) return <Composer key={room.id} room={room} />;
  return <p class="composer-closed">{reason}</p>;
}

export function closedBecause(room: Room, me: string, isAsked: boolean, say: Say): string | null {
  if (room.halted !== null) {
    return say("composer.closed_halted", { reason: say(`room.halted_${room.halted}`) });
  }
  switch (room.phase) {
    case "known":
      return say("composer.closed_known");
    case "left":
    case "removed":
    case "requested":
      return say("composer.closed_left");
    default:
      break;
  }
  if (isAsked) return say("composer.closed_asked", { name: room.title });
  const isAdmin = room.participants.some(({ username, admin }) => admin && username === me);
  const mayPost = room.direct || room.policy.post === "everyone" || isAdmin;
  return mayPost ? null : say("composer.closed_admins");
}

/** Files dragged over the chat go to its composer. */
function useDrop(timeline: TimelineState) {
  const [isOver, setOver] = useState(false);
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  return {
    isOver,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: (event: DragEvent) => {
        const to = event.relatedTarget;
        const from = event.currentTarget;
        if (!(to instanceof Node && from instanceof Node && from.contains(to))) setOver(false);
      },
      onDrop: (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        composerOf(timeline.room)?.addFiles([...(event.dataTransfer?.files ?? [])]);
      },
    },
  };
}
