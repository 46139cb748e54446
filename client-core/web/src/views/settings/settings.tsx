import { useState } from "preact/hooks";
import type { Theme } from "../../state/preferences.ts";
import { Initial } from "../common/avatar.tsx";
import { Button } from "../common/button.tsx";
import { CopyButton } from "../common/copy.tsx";
import { Confirm, Dialog } from "../common/dialog.tsx";
import { Choice } from "../common/field.tsx";
import { useDispatch, useSay, useSession, useView } from "../context.tsx";
import { AccountEnds } from "./account.tsx";
import { Devices } from "./devices.tsx";
import { Passphrase } from "./passphrase.tsx";
import { PresenceChoice } from "./presence.tsx";

export function Settings({ onClose }: { onClose: () => void }) {
  const say = useSay();
  const dispatch = useDispatch();
  return (
    <Dialog title={say("settings.title")} look="wide" onClose={onClose}>
      <div class="settings">
        <Account />
        <Appearance />
        <section>
          <h3>{say("settings.privacy")}</h3>
          <PresenceChoice />
          <Passphrase />
        </section>
        <Devices />
        <Blocked />
        <section>
          <Button onClick={() => dispatch({ do: "dialog", dialog: { kind: "keys" } })}>
            {say("settings.keys")}
          </Button>
          <AccountEnds />
          <Forget />
        </section>
      </div>
    </Dialog>
  );
}

function Account() {
  const say = useSay();
  const me = useView((state) => (state.home.state === "open" ? state.home.me : null));
  if (!me) return null;
  return (
    <section class="settings-account">
      <Initial name={me.username} size="large" />
      <div>
        <h3 dir="auto">{me.username}</h3>
        <p class="field-hint" dir="ltr">
          {me.relay}
        </p>
      </div>
      <CopyButton text={me.username} />
      <span class="hidden-label">{say("settings.account")}</span>
    </section>
  );
}

function Appearance() {
  const say = useSay();
  const dispatch = useDispatch();
  const preferences = useView((state) => state.preferences);
  return (
    <section>
      <h3>{say("settings.appearance")}</h3>
      <Choice
        label={say("settings.language")}
        value={preferences.language}
        options={[
          ["en", "English"],
          ["zh", "简体中文"],
        ]}
        onValue={(language) =>
          dispatch({ do: "prefer", preferences: { ...preferences, language } })
        }
      />
      <Choice<Theme>
        label={say("settings.theme")}
        value={preferences.theme}
        options={[
          ["system", say("settings.theme_system")],
          ["light", say("settings.theme_light")],
          ["dark", say("settings.theme_dark")],
        ]}
        onValue={(theme) => dispatch({ do: "prefer", preferences: { ...preferences, theme } })}
      />
    </section>
  );
}

function Blocked() {
  const say = useSay();
  const contacts = useView((state) => state.contacts);
  const blocked = [...contacts.values()].filter(({ phase }) => phase === "blocked");
  if (blocked.length === 0) return null;
  return (
    <section>
      <h3>{say("settings.blocked")}</h3>
      <ul class="members">
        {blocked.map(({ username }) => (
          <li key={username} class="member">
            <Initial name={username} size="small" />
            <span class="member-name" dir="auto">
              {username}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Forget() {
  const say = useSay();
  const session = useSession();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        {say("settings.forget")}
      </Button>
      {isAsking && (
        <Confirm
          title={say("settings.forget")}
          text={say("settings.forget_sure")}
          action={say("common.remove")}
          onClose={() => setAsking(false)}
          onConfirm={() => void session.carryOut(() => session.client.account.forget())}
        />
      )}
    </>
  );
}
