import { useState } from "preact/hooks";
import { Button } from "../common/button.tsx";
import { Field } from "../common/field.tsx";
import { Form, useAttempt } from "../common/form.tsx";
import { useSay, useSession } from "../context.tsx";
import { Frame } from "./frame.tsx";
import { Reset } from "./reset.tsx";

/** Username and password of an account that is there already. */
export function Login({ onBack }: { onBack: () => void }) {
  const say = useSay();
  const { client } = useSession();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const attempt = useAttempt();
  const [isForgotten, setForgotten] = useState(false);
  const submit = () =>
    attempt.run(() => client.account.login({ username: username.trim(), password }));
  if (isForgotten) return <Reset name={username} onBack={() => setForgotten(false)} />;
  return (
    <Frame title={say("login.title")} text={say("login.text")} onBack={onBack}>
      <Form onSubmit={() => void submit()}>
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
          error={attempt.error}
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
        <Button
          look="primary"
          type="submit"
          busy={attempt.isBusy}
          disabled={!username.trim() || !password}
        >
          {say(attempt.isBusy ? "login.working" : "login.submit")}
        </Button>
      </Form>
    </Frame>
  );
}
