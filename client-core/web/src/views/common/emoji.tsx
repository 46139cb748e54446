import { lazy, Suspense } from "preact/compat";
import { useSay } from "../context.tsx";
import { Popover } from "./menu.tsx";

/** Fetched when somebody looks for an emoji. */
const Picker = lazy(() => import("./emoji-picker.tsx"));

interface EmojiPopoverProps {
  anchor: HTMLElement | null;
  onChoose: (emoji: string) => void;
  onClose: () => void;
}

export function EmojiPopover({ anchor, onChoose, onClose }: EmojiPopoverProps) {
  const say = useSay();
  return (
    <Popover anchor={anchor} onClose={onClose}>
      <Suspense fallback={<p class="emoji-note">{say("emoji.loading")}</p>}>
        <Picker onChoose={onChoose} />
      </Suspense>
    </Popover>
  );
}
