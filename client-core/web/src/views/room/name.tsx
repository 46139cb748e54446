import { Pencil } from "lucide";
import type { Room } from "restante-client";
import { useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../common/button.tsx";
import { Field } from "../common/field.tsx";
import { useSay, useSession } from "../context.tsx";

/** Name and picture of a group. */
export function Name({ room, mayChange }: { room: Room; mayChange: boolean }) {
  const say = useSay();
  const session = useSession();
  const [typed, setTyped] = useState<string | null>(null);
  const { rooms } = session.client;
  const rename = async () => {
    const title = (typed ?? "").trim();
    setTyped(null);
    if (title !== "" && title !== room.title) {
      await session.carryOut(() => rooms.rename(room.id, title));
    }
  };
  if (typed !== null) {
    return (
      <form
        class="details-name"
        onSubmit={(event) => {
          event.preventDefault();
          void rename();
        }}
      >
        <Field label={say("room.name")} value={typed} onValue={setTyped} />
        <div class="dialog-actions">
          <Button onClick={() => setTyped(null)}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit">
            {say("common.save")}
          </Button>
        </div>
      </form>
    );
  }
  return (
    <>
      <h3 dir="auto">
        {room.title}
        {mayChange && (
          <IconButton
            icon={Pencil}
            size={16}
            label={say("room.name")}
            onClick={() => setTyped(room.title)}
          />
        )}
      </h3>
      {mayChange && <PictureButtons room={room} />}
    </>
  );
}

function PictureButtons({ room }: { room: Room }) {
  const say = useSay();
  const session = useSession();
  const chooser = useRef<HTMLInputElement>(null);
  const { rooms } = session.client;
  const set = (picture: Blob | null) =>
    void session.carryOut(() => rooms.setPicture(room.id, picture));
  return (
    <div class="details-picture">
      <button type="button" class="link" onClick={() => chooser.current?.click()}>
        {say("room.picture_change")}
      </button>
      {room.picture && (
        <button type="button" class="link" onClick={() => set(null)}>
          {say("room.picture_remove")}
        </button>
      )}
      <input
        ref={chooser}
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        hidden
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          const [picture] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (picture) set(picture);
        }}
      />
    </div>
  );
}
