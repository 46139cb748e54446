import { useEffect, useId, useState } from "preact/hooks";
import { useSay, useSession } from "../context.tsx";

/** Whether contacts are told that one is here. */
export function PresenceChoice() {
  const say = useSay();
  const session = useSession();
  const id = useId();
  const [isShared, setShared] = useState<boolean | null>(null);
  const { presence } = session.client;
  useEffect(() => {
    presence.shared().then(setShared, (error: unknown) => session.fail(error));
  }, [presence, session]);
  const share = async (wanted: boolean) => {
    setShared(wanted);
    if (!(await session.carryOut(() => presence.share(wanted)))) setShared(!wanted);
  };
  return (
    <div class="switch-line">
      <span>
        <label for={id}>{say("settings.presence")}</label>
        <span class="field-hint">{say("settings.presence_hint")}</span>
      </span>
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={isShared === true}
        class="switch"
        disabled={isShared === null}
        checked={isShared === true}
        onChange={(event) => void share(event.currentTarget.checked)}
      />
    </div>
  );
}
