import type { Key } from "../../i18n/index.ts";
import { Dialog } from "../common/dialog.tsx";
import { useSay } from "../context.tsx";

const KEYS: readonly (readonly [string, Key])[] = [
  ["Ctrl K", "keys.switch"],
  ["Ctrl Shift F", "keys.search"],
  ["Ctrl Shift N", "keys.new"],
  ["?", "keys.help"],
  ["Enter", "keys.send"],
  ["Shift Enter", "keys.break"],
  ["↑", "keys.edit_last"],
  ["↑ ↓", "keys.arrows"],
  ["Esc", "keys.escape"],
];

export function Keys({ onClose }: { onClose: () => void }) {
  const say = useSay();
  return (
    <Dialog title={say("keys.title")} onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys + what}>
            <dt dir="ltr">
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{(say as (key: Key) => string)(what)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
