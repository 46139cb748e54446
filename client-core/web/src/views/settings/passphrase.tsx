import { useEffect, useState } from "preact/hooks";
import { sayError } from "../../i18n/index.ts";
import { codeOf } from "../../session/errors.ts";
import { Button } from "../common/button.tsx";
import { Field } from "../common/field.tsx";
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
  const [code, setCode] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const put = async (passphrase: string | null) => {
    setBusy(true);
    setCode(null);
    const { account } = session.client;
    try {
      await (isSet
        ? account.setPassphrase(passphrase, current)
        : account.setPassphrase(passphrase));
      session.say(say("settings.passphrase_done"));
      onDone(passphrase !== null);
    } catch (error) {
      setCode(codeOf(error));
      setBusy(false);
    }
  };
  return (
    <form
      class="card-form"
      onSubmit={(event) => {
        event.preventDefault();
        void put(wanted);
      }}
    >
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
        error={code === null ? null : sayError(say, code)}
        type="password"
        autocomplete="new-password"
        value={wanted}
        onValue={setWanted}
      />
      <div class="dialog-actions">
        <Button onClick={onClose}>{say("common.cancel")}</Button>
        {isSet && (
          <Button disabled={isBusy || current === ""} onClick={() => void put(null)}>
            {say("settings.passphrase_take")}
          </Button>
        )}
        <Button
          look="primary"
          type="submit"
          busy={isBusy}
          disabled={wanted === "" || (isSet && current === "")}
        >
          {say("common.save")}
        </Button>
      </div>
    </form>
  );
}
