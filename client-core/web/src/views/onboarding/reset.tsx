import { useState } from "preact/hooks";
import { Button } from "../common/button.tsx";
import { Field } from "../common/field.tsx";
import { Form, useAttempt } from "../common/form.tsx";
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
  const attempt = useAttempt();
  const submit = () => {
    const words = phrase.trim().toLowerCase().split(/\s+/).join(" ");
    return attempt.run(() =>
      client.account.reset({ username: username.trim(), password, phrase: words }),
    );
  };
  return (
    <Frame title={say("reset.title")} text={say("reset.text")} onBack={onBack}>
      <Form onSubmit={() => void submit()}>
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
          error={attempt.error}
          type="password"
          autocomplete="new-password"
          required
          value={password}
          onValue={setPassword}
        />
        <Button
          look="primary"
          type="submit"
          busy={attempt.isBusy}
          disabled={!username.trim() || !phrase.trim() || !password}
        >
          {say(attempt.isBusy ? "login.working" : "reset.submit")}
        </Button>
      </Form>
    </Frame>
  );
}
