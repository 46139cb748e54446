import { Crown, Ellipsis, UserMinus, UserPlus } from "lucide";
import type { Participant, Room } from "restante-client";
import { useState } from "preact/hooks";
import { Initial } from "../common/avatar.tsx";
import { Button } from "../common/button.tsx";
import { Confirm, Dialog } from "../common/dialog.tsx";
import { Icon } from "../common/icon.tsx";
import { Menu } from "../common/menu.tsx";
import { useSay, useSession } from "../context.tsx";
import { PeopleChoice } from "./people.tsx";

interface MembersProps {
  room: Room;
  me: string;
  isAdmin: boolean;
}

export function Members({ room, me, isAdmin }: MembersProps) {
  const say = useSay();
  const [isAdding, setAdding] = useState(false);
  const mayAdd = room.phase === "joined" && (isAdmin || room.policy.add === "everyone");
  const mayRemove = room.phase === "joined" && (isAdmin || room.policy.remove === "everyone");
  return (
    <section class="details-part">
      <h3>{say("room.members", { n: room.participants.length })}</h3>
      {mayAdd && (
        <Button onClick={() => setAdding(true)}>
          <Icon of={UserPlus} size={18} />
          {say("room.add")}
        </Button>
      )}
      <ul class="members">
        {room.participants.map((member) => (
          <Member
            key={member.username}
            room={room}
            member={member}
            isMe={member.username === me}
            mayRule={isAdmin}
            mayRemove={mayRemove}
          />
        ))}
      </ul>
      {isAdding && <AddPeople room={room} onClose={() => setAdding(false)} />}
    </section>
  );
}

interface MemberProps {
  room: Room;
  member: Participant;
  isMe: boolean;
  mayRule: boolean;
  mayRemove: boolean;
}

function Member({ room, member, isMe, mayRule, mayRemove }: MemberProps) {
  const say = useSay();
  const session = useSession();
  const [isRemoving, setRemoving] = useState(false);
  const { username, admin } = member;
  const { rooms } = session.client;
  const role = {
    label: say(admin ? "room.make_member" : "room.make_admin"),
    icon: Crown,
    onChoose: () => void session.carryOut(() => rooms.setRole(room.id, username, !admin)),
  };
  const remove = {
    label: say("room.remove_member"),
    icon: UserMinus,
    danger: true,
    onChoose: () => setRemoving(true),
  };
  const items = [...(mayRule ? [role] : []), ...(mayRemove && !isMe ? [remove] : [])];
  return (
    <li class="member">
      <Initial name={username} size="small" />
      <span class="member-name" dir="auto">
        {username}
        {isMe && <span class="member-you"> ({say("common.you")})</span>}
      </span>
      {admin && <span class="member-role">{say("room.admin")}</span>}
      {items.length > 0 && (
        <Menu
          icon={Ellipsis}
          size={18}
          label={`${say("common.more")}: ${username}`}
          items={items}
        />
      )}
      {isRemoving && (
        <Confirm
          title={say("room.remove_member")}
          text={say("room.remove_sure", { name: username })}
          action={say("common.remove")}
          onClose={() => setRemoving(false)}
          onConfirm={() => void session.carryOut(() => rooms.remove(room.id, [username]))}
        />
      )}
    </li>
  );
}

function AddPeople({ room, onClose }: { room: Room; onClose: () => void }) {
  const say = useSay();
  const session = useSession();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const add = () => {
    onClose();
    void session.carryOut(() => session.client.rooms.add(room.id, [...chosen]));
  };
  return (
    <Dialog title={say("room.add")} onClose={onClose}>
      <PeopleChoice
        chosen={chosen}
        onChosen={setChosen}
        without={new Set(room.participants.map(({ username }) => username))}
      />
      <div class="dialog-actions">
        <Button onClick={onClose}>{say("common.cancel")}</Button>
        <Button look="primary" disabled={chosen.length === 0} onClick={add}>
          {say("room.add")}
        </Button>
      </div>
    </Dialog>
  );
}
