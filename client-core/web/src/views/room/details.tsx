import { Ban, LogOut, ShieldCheck, X } from "lucide";
import type { Room, RoomId } from "restante-client";
import { useState } from "preact/hooks";
import { RoomAvatar } from "../common/avatar.tsx";
import { Button, IconButton } from "../common/button.tsx";
import { Confirm } from "../common/dialog.tsx";
import { Choice } from "../common/field.tsx";
import { Icon } from "../common/icon.tsx";
import { useDispatch, useSay, useSession, useView } from "../context.tsx";
import { Members } from "./members.tsx";
import { Name } from "./name.tsx";
import { PolicyChoices } from "./policy.tsx";

/** What a chat is, beside its messages. */
export function Details({ room }: { room: Room }) {
  const say = useSay();
  const dispatch = useDispatch();
  const me = useView((state) => (state.home.state === "open" ? state.home.me.username : ""));
  const isAdmin = room.participants.some(({ username, admin }) => admin && username === me);
  const isIn = room.phase === "joined" || room.phase === "creating";
  return (
    <aside class="details" aria-label={say("room.details")}>
      <header class="details-head">
        <h2>{say("room.details")}</h2>
        <IconButton
          icon={X}
          label={say("common.close")}
          onClick={() => dispatch({ do: "details", shown: false })}
        />
      </header>
      <div class="details-who">
        <RoomAvatar room={room} size="large" />
        {room.direct ? (
          <h3 dir="auto">{room.title}</h3>
        ) : (
          <Name room={room} mayChange={isIn && (isAdmin || room.policy.rename === "everyone")} />
        )}
        {room.suite && (
          <p class="details-suite">
            <Icon of={ShieldCheck} size={16} />
            {say(`room.suite_${room.suite}`)}
          </p>
        )}
      </div>
      <Mute room={room} />
      {!room.direct && <Members room={room} me={me} isAdmin={isAdmin && isIn} />}
      {!room.direct && isIn && <PolicyChoices room={room} mayChange={isAdmin} />}
      <Ends room={room} isIn={isIn} />
    </aside>
  );
}

const HOUR_MS = 3_600_000;

function Mute({ room }: { room: Room }) {
  const say = useSay();
  const session = useSession();
  const mute = (value: "off" | "mentions_only" | "all" | "until") =>
    session.carryOut(() =>
      session.client.rooms.mute(
        room.id,
        value === "until" ? { until: new Date(Date.now() + HOUR_MS) } : value,
      ),
    );
  return (
    <section class="details-part">
      <Choice
        label={say("room.mute")}
        value={room.muted}
        options={[
          ["off", say("room.mute_off")],
          ["mentions_only", say("room.mute_mentions")],
          ["until", say("room.mute_hour")],
          ["all", say("room.mute_all")],
        ]}
        onValue={(value) => void mute(value)}
      />
    </section>
  );
}

/** Safety number, block, leave. */
function Ends({ room, isIn }: { room: Room; isIn: boolean }) {
  const say = useSay();
  const session = useSession();
  const dispatch = useDispatch();
  const [isAsking, setAsking] = useState(false);
  const end = () => endRoom(session, room.direct ? { block: room.title } : { leave: room.id });
  if (room.direct) {
    return (
      <section class="details-part">
        <Button
          onClick={() =>
            dispatch({ do: "dialog", dialog: { kind: "safety", username: room.title } })
          }
        >
          <Icon of={ShieldCheck} size={18} />
          {say("safety.title")}
        </Button>
        <Button look="danger" onClick={() => setAsking(true)}>
          <Icon of={Ban} size={18} />
          {say("room.block", { name: room.title })}
        </Button>
        {isAsking && (
          <Confirm
            title={say("room.block", { name: room.title })}
            text={say("request.block_sure", { name: room.title })}
            action={say("request.block")}
            onClose={() => setAsking(false)}
            onConfirm={() => void end()}
          />
        )}
      </section>
    );
  }
  if (!isIn) return null;
  return (
    <section class="details-part">
      <Button look="danger" onClick={() => setAsking(true)}>
        <Icon of={LogOut} size={18} />
        {say("room.leave")}
      </Button>
      {isAsking && (
        <Confirm
          title={say("room.leave")}
          text={say("room.leave_sure", { title: room.title })}
          action={say("room.leave")}
          onClose={() => setAsking(false)}
          onConfirm={() => void end()}
        />
      )}
    </section>
  );
}

async function endRoom(
  session: ReturnType<typeof useSession>,
  how: { block: string } | { leave: RoomId },
): Promise<void> {
  const { contacts, rooms } = session.client;
  const isDone = await session.carryOut(() =>
    "block" in how ? contacts.block(how.block) : rooms.leave(how.leave),
  );
  if (!isDone) return;
  session.store.dispatch({ do: "close" });
  await session.readLists();
}
