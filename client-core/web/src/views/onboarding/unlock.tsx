import { useState } from "preact/hooks";
import { Button } from "../common/button.tsx";
import { Confirm } from "../common/dialog.tsx";
import { Field } from "../common/field.tsx";
import { Form, useAttempt } from "../common/form.tsx";
import { useSay, useSession } from "../context.tsx";
import { Frame } from "./frame.tsx";

/** The passphrase of this browser; or the way out for who has forgotten it. */
export function Unlock() {
  const say = useSay();
  const session = useSession();
  const [passphrase, setPassphrase] = useState("");
  const attempt = useAttempt();
  const [isForgotten, setForgotten] = useState(false);
  const submit = () => attempt.run(() => session.client.account.unlock(passphrase));
  return (
    <Frame title={say("unlock.title")} text={say("unlock.text")}>
      <Form onSubmit={() => void submit()}>
        <Field
          label={say("unlock.passphrase")}
          error={attempt.error}
          type="password"
          autocomplete="current-password"
          required
          value={passphrase}
          onValue={(value) => {
            setPassphrase(value);
            attempt.forget();
          }}
        />
        <Button look="primary" type="submit" busy={attempt.isBusy} disabled={!passphrase}>
          {say("unlock.submit")}
        </Button>
        <button type="button" class="link" onClick={() => setForgotten(true)}>
          {say("unlock.forget")}
        </button>
      </Form>
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
