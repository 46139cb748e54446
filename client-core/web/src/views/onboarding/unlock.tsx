import { useState } from "preact/hooks";
import { sayError } from "../../i18n/index.ts";
import { codeOf } from "../../session/errors.ts";
import { Button } from "../common/button.tsx";
import { Confirm } from "../common/dialog.tsx";
import { Field } from "../common/field.tsx";
import { useSay, useSession } from "../context.tsx";
import { Frame } from "./frame.tsx";

/** The passphrase of this browser; or the way out for who has forgotten it. */
export function Unlock() {
  const say = useSay();
  const session = useSession();
  const [passphrase, setPassphrase] = useState("");
  const [code, setCode] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isForgotten, setForgotten] = useState(false);
  const submit = async () => {
    setBusy(true);
    try {
      await session.client.account.unlock(passphrase);
    } catch (error) {
      setCode(codeOf(error));
      setBusy(false);
    }
  };
  return (
    <Frame title={say("unlock.title")} text={say("unlock.text")}>
      <form
        class="card-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          label={say("unlock.passphrase")}
          error={code === null ? null : sayError(say, code)}
          type="password"
          autocomplete="current-password"
          required
          value={passphrase}
          onValue={(value) => {
            setPassphrase(value);
            setCode(null);
          }}
        />
        <Button look="primary" type="submit" busy={isBusy} disabled={!passphrase}>
          {say("unlock.submit")}
        </Button>
        <button type="button" class="link" onClick={() => setForgotten(true)}>
          {say("unlock.forget")}
        </button>
      </form>
      {isForgotten && (
        <Confirm
          title={say("settings.forget")}
          text={say("unlock.forget_text")}
          action={say("common.remove")}
          onClose={() => setForgotten(false)}
          onConfirm={() => void session.carryOut(() => session.client.account.forget())}
        />
      )}
    </Frame>
  );
}
