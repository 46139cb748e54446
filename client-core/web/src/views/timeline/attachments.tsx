import { Download, File as FileIcon, X } from "lucide";
import type { Attachment, Message } from "restante-client";
import { useEffect, useState } from "preact/hooks";
import { size as sizeOf } from "../../i18n/dates.ts";
import { sayError } from "../../i18n/index.ts";
import { download, fileKey, thumbnailKey } from "../../session/files.ts";
import { transferKey } from "../../state/state.ts";
import { Button, IconButton } from "../common/button.tsx";
import { Dialog } from "../common/dialog.tsx";
import { Icon } from "../common/icon.tsx";
import { useFile, useLocale, useSay, useSession, useView } from "../context.tsx";
import { Voice } from "./voice.tsx";

/** Pictures up to this size are fetched when they come into view. */
const FETCHED_UNASKED = 4 * 1024 * 1024;

/** What browsers draw; anything else is a file to save. */
const DRAWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

/** Largest sides of a picture in the timeline. */
const MAX_WIDTH = 320;
const MAX_HEIGHT = 340;

interface PartProps {
  message: Message;
  attachment: Attachment;
  index: number;
}

export function Attachments({ message }: { message: Message }) {
  return (
    <div class="attachments">
      {message.attachments.map((attachment, index) => (
        // Files of a message never change their places.
        // oxlint-disable-next-line react/no-array-index-key
        <Part key={index} message={message} attachment={attachment} index={index} />
      ))}
    </div>
  );
}

function Part(props: PartProps) {
  const { kind, media_type } = props.attachment;
  if (kind === "image" && DRAWN.has(media_type)) return <Picture {...props} />;
  if (kind === "voice" || kind === "audio") return <Voice {...props} />;
  return <AnyFile {...props} />;
}

function Picture({ message, attachment, index }: PartProps) {
  const say = useSay();
  const session = useSession();
  const file = useFile(fileKey(message, index));
  const small = useFile(thumbnailKey(message, index));
  const [isLarge, setLarge] = useState(false);
  const isQueued = message.n === null;
  useEffect(() => {
    if (attachment.thumbnail) session.files.thumbnail(message, index);
    if (!isQueued && attachment.size <= FETCHED_UNASKED) session.files.fetch(message, index);
  }, [session, message, index, isQueued, attachment]);
  const box = boxOf(attachment);
  const url = file.state === "here" ? file.url : small.state === "here" ? small.url : null;
  const alt = say("file.image_of", { name: message.own ? say("common.you") : message.sender });
  const open = () => {
    session.files.fetch(message, index);
    setLarge(true);
  };
  return (
    <div class="picture">
      <button type="button" class="picture-button" title={say("file.open")} onClick={open}>
        <img
          class={file.state === "here" ? "picture-image" : "picture-image picture-small"}
          src={url ?? undefined}
          width={box.width}
          height={box.height}
          alt={alt}
        />
      </button>
      <Progress message={message} attachment={attachment} index={index} />
      {file.state === "failed" && <p class="field-error">{sayError(say, file.code)}</p>}
      {isLarge && (
        <Dialog title={attachment.name} look="wide" onClose={() => setLarge(false)}>
          {url && <img class="picture-large" src={url} alt={alt} />}
          <div class="dialog-actions">
            <Button
              busy={file.state === "fetching"}
              onClick={() => file.state === "here" && download(file.blob, attachment.name)}
            >
              <Icon of={Download} size={18} />
              {say("file.download")}
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

/** The place of a picture before it is here: nothing moves when it comes. */
function boxOf({ thumbnail }: Attachment): { width: number; height: number } {
  const { width, height } = thumbnail ?? { width: 4, height: 3 };
  const scale = Math.min(MAX_WIDTH / width, MAX_HEIGHT / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

function AnyFile({ message, attachment, index }: PartProps) {
  const say = useSay();
  const locale = useLocale();
  const session = useSession();
  const key = fileKey(message, index);
  const file = useFile(key);
  const [isWanted, setWanted] = useState(false);
  useEffect(() => {
    if (!isWanted || file.state === "fetching") return;
    setWanted(false);
    if (file.state === "here") download(file.blob, attachment.name);
  }, [isWanted, file, attachment.name]);
  const fetch = () => {
    session.files.fetch(message, index);
    setWanted(true);
  };
  return (
    <div class="file">
      <span class="file-icon">
        <Icon of={FileIcon} size={22} />
      </span>
      <span class="file-body">
        <span class="file-name" dir="auto">
          {attachment.name}
        </span>
        <span class="file-size">{sizeOf(attachment.size, locale)}</span>
        {file.state === "failed" && <span class="field-error">{sayError(say, file.code)}</span>}
        <Progress message={message} attachment={attachment} index={index} />
      </span>
      {message.n !== null && file.state !== "fetching" && (
        <IconButton icon={Download} label={say("file.download")} onClick={fetch} />
      )}
    </div>
  );
}

/** How far a file has come, and the button to stop it. */
export function Progress({ message, attachment, index }: PartProps) {
  const say = useSay();
  const session = useSession();
  const file = useFile(fileKey(message, index));
  const transfer = useView((state) =>
    state.transfers.get(transferKey(message.id, attachment.name)),
  );
  const isUp = message.own && message.state === "queued";
  if (!isUp && file.state !== "fetching") return null;
  const percent = transfer ? Math.floor((100 * transfer.done) / Math.max(1, transfer.total)) : 0;
  const words = say(isUp ? "file.sending" : "file.fetching", { percent });
  const stop = () => {
    if (file.state === "fetching") file.cancel();
    else {
      const { messages } = session.client;
      void session.carryOut(() => messages.delete(message.room, message.id));
    }
  };
  return (
    <span class="progress">
      <progress max={100} value={percent} aria-label={words} />
      <IconButton icon={X} size={16} label={say("common.cancel")} onClick={stop} />
    </span>
  );
}
