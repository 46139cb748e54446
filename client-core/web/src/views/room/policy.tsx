import type { Permission, PolicyField, Room } from "restante-client";
import { Choice } from "../common/field.tsx";
import { useSay, useSession } from "../context.tsx";

const FIELDS: readonly PolicyField[] = ["post", "add", "remove", "rename"];

/** Who may do what in a group; admins change it, all see it. */
export function PolicyChoices({ room, mayChange }: { room: Room; mayChange: boolean }) {
  const say = useSay();
  const session = useSession();
  const set = (field: PolicyField, permission: Permission) =>
    void session.carryOut(() => session.client.rooms.setPolicy(room.id, { [field]: permission }));
  return (
    <section class="details-part">
      <h3>{say("room.policy")}</h3>
      {FIELDS.map((field) => (
        <Choice
          key={field}
          label={say(`room.policy_${field}`)}
          value={room.policy[field]}
          disabled={!mayChange}
          options={[
            ["everyone", say("room.everyone")],
            ["admins", say("room.admins")],
          ]}
          onValue={(permission) => set(field, permission)}
        />
      ))}
    </section>
  );
}
