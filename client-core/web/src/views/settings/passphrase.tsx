import { useEffect, useState } from "preact/hooks";
import { Button } from "../common/button.tsx";
import { Field } from "../common/field.tsx";
import { Form, useAttempt } from "../common/form.tsx";
import { useSay, useSession } from "../context.tsx";

/** Opens what is stored in this browser, if the person wants one. */
export function Passphrase() {
  const say = useSay();
  const session = useSession();
  const { account } = session.client;
  const [isSet, setIsSet] = useState<boolean | null>(null);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    account.hasPassphrase().then(setIsSet, (error: unknown) => session.fail(error));
  }, [account, session]);
  if (isSet === null) return null;
  return (
    <div class="passphrase">
      <h4>{say("settings.passphrase")}</h4>
      <p class="field-hint">
        {say(isSet ? "settings.passphrase_set" : "settings.passphrase_none")}
      </p>
      {isOpen ? (
        <PassphraseForm
          isSet={isSet}
          onDone={(now) => {
            setIsSet(now);
            setOpen(false);
          }}
          onClose={() => setOpen(false)}
        />
      ) : (
        <Button onClick={() => setOpen(true)}>
          {say(isSet ? "settings.passphrase_change" : "settings.passphrase_put")}
        </Button>
      )}
    </div>
  );
}

interface PassphraseFormProps {
  isSet: boolean;
  onDone: (isSet: boolean) => void;
  onClose: () => void;
}

function PassphraseForm({ isSet, onDone, onClose }: PassphraseFormProps) {
  const say = useSay();
  const session = useSession();
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const attempt = useAttempt();
  const put = (passphrase: string | null) =>
    attempt.run(async () => {
      const { account } = session.client;
      await (isSet
        ? account.setPassphrase(passphrase, current)
        : account.setPassphrase(passphrase));
      session.say(say("settings.passphrase_done"));
      onDone(passphrase !== null);
    });
  return (
    <Form onSubmit={() => void put(wanted)}>
      {isSet && (
        <Field
          label={say("settings.passphrase_current")}
          type="password"
          autocomplete="current-password"
          value={current}
          onValue={setCurrent}
        />
      )}
      <Field
        label={say("settings.passphrase_new")}
        error={attempt.error}
        type="password"
        autocomplete="new-password"
        value={wanted}
        onValue={setWanted}
      />
      <div class="dialog-actions">
        <Button onClick={onClose}>{say("common.cancel")}</Button>
        {isSet && (
          <Button disabled={attempt.isBusy || current === ""} onClick={() => void put(null)}>
            {say("settings.passphrase_take")}
          </Button>
        )}
        <Button
          look="primary"
          type="submit"
          busy={attempt.isBusy}
          disabled={wanted === "" || (isSet && current === "")}
        >
          {say("common.save")}
        </Button>
      </div>
    </Form>
  );
}
