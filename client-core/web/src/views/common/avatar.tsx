import type { Presence, Room } from "restante-client";
import { useEffect } from "preact/hooks";
import { pictureKey } from "../../session/files.ts";
import { useFile, useSession } from "../context.tsx";

/** Colours to tell people apart by; see `--avatar-0` and on. */
const COLOURS = 8;

interface InitialProps {
  name: string;
  size?: "small" | "plain" | "large";
  presence?: Presence | null;
}

/** The first letter of a name, in a colour that is always the same for it. */
export function Initial({ name, size = "plain", presence }: InitialProps) {
  const letter = [...new Intl.Segmenter().segment(name.trim())][0]?.segment ?? "";
  return (
    <span class={`avatar avatar-${size} avatar-colour-${colourOf(name)}`} aria-hidden="true">
      {letter.toUpperCase()}
      {presence === "online" && <span class="avatar-online" />}
    </span>
  );
}

/** A room's picture, or the first letter of its name. */
export function RoomAvatar({
  room,
  size = "plain",
  presence,
}: {
  room: Room;
  size?: "small" | "plain" | "large";
  presence?: Presence | null;
}) {
  const session = useSession();
  const picture = useFile(pictureKey(room));
  useEffect(() => {
    if (room.picture) session.files.picture(room);
  }, [session, room]);
  if (!room.picture || picture.state !== "here") {
    return <Initial name={room.title} size={size} presence={presence ?? null} />;
  }
  return <img class={`avatar avatar-${size}`} src={picture.url} alt="" />;
}

/** Same name, same number. */
export function colourOf(name: string): number {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % COLOURS;
}
