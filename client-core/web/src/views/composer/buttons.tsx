import { Paperclip, Smile } from "lucide";
import { useRef, useState } from "preact/hooks";
import { IconButton } from "../common/button.tsx";
import { EmojiPopover } from "../common/emoji.tsx";
import { useSay } from "../context.tsx";

/** Chooses files from the disk. */
export function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const say = useSay();
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        icon={Paperclip}
        label={say("composer.attach")}
        onClick={() => chooser.current?.click()}
      />
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

/** Puts an emoji where the cursor is. */
export function EmojiButton({ onChoose }: { onChoose: (emoji: string) => void }) {
  const say = useSay();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton
        icon={Smile}
        label={say("composer.emoji")}
        buttonRef={button}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && (
        <EmojiPopover
          anchor={button.current}
          onClose={() => setOpen(false)}
          onChoose={(emoji) => {
            setOpen(false);
            onChoose(emoji);
          }}
        />
      )}
    </>
  );
}
