import { useState } from "preact/hooks";
import { sayError } from "../../i18n/index.ts";
import { codeOf } from "../../session/errors.ts";
import { Button } from "../common/button.tsx";
import { Field } from "../common/field.tsx";
import { useSay, useSession } from "../context.tsx";
import { Frame } from "./frame.tsx";

interface ResetProps {
  /** As it was typed before. */
  name: string;
  onBack: () => void;
}

/** Another password, by the recovery phrase. */
export function Reset({ name, onBack }: ResetProps) {
  const say = useSay();
  const { client } = useSession();
  const [username, setUsername] = useState(name);
  const [phrase, setPhrase] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    setCode(null);
    try {
      const words = phrase.trim().toLowerCase().split(/\s+/).join(" ");
      await client.account.reset({ username: username.trim(), password, phrase: words });
    } catch (error) {
      setCode(codeOf(error));
      setBusy(false);
    }
  };
  return (
    <Frame title={say("reset.title")} text={say("reset.text")} onBack={onBack}>
      <form
        class="card-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          label={say("register.username")}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={username}
          onValue={setUsername}
        />
        <Field
          label={say("phrase.words")}
          hint={say("reset.phrase_hint")}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
          value={phrase}
          onValue={setPhrase}
        />
        <Field
          label={say("reset.password")}
          error={code === null ? null : sayError(say, code)}
          type="password"
          autocomplete="new-password"
          required
          value={password}
          onValue={setPassword}
        />
        <Button
          look="primary"
          type="submit"
          busy={isBusy}
          disabled={!username.trim() || !phrase.trim() || !password}
        >
          {say(isBusy ? "login.working" : "reset.submit")}
        </Button>
      </form>
    </Frame>
  );
}
