import { useState } from "preact/hooks";
import { sayError } from "../../i18n/index.ts";
import { codeOf } from "../../session/errors.ts";
import { Button } from "../common/button.tsx";
import { Field } from "../common/field.tsx";
import { useSay, useSession } from "../context.tsx";
import { Frame } from "./frame.tsx";
import { Reset } from "./reset.tsx";

/** Username and password of an account that is there already. */
export function Login({ onBack }: { onBack: () => void }) {
  const say = useSay();
  const { client } = useSession();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isForgotten, setForgotten] = useState(false);
  const submit = async () => {
    setBusy(true);
    setCode(null);
    try {
      await client.account.login({ username: username.trim(), password });
    } catch (error) {
      setCode(codeOf(error));
      setBusy(false);
    }
  };
  if (isForgotten) return <Reset name={username} onBack={() => setForgotten(false)} />;
  return (
    <Frame title={say("login.title")} text={say("login.text")} onBack={onBack}>
      <form
        class="card-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          label={say("register.username")}
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={username}
          onValue={setUsername}
        />
        <Field
          label={say("register.password")}
          error={code === null ? null : sayError(say, code)}
          name="password"
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onValue={setPassword}
        />
        <button type="button" class="link" onClick={() => setForgotten(true)}>
          {say("login.forgot")}
        </button>
        <Button look="primary" type="submit" busy={isBusy} disabled={!username.trim() || !password}>
          {say(isBusy ? "login.working" : "login.submit")}
        </Button>
      </form>
    </Frame>
  );
}
