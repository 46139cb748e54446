import { Eye, EyeOff, RefreshCw } from "lucide";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Button, IconButton } from "../common/button.tsx";
import { Field } from "../common/field.tsx";
import { Form, useAttempt } from "../common/form.tsx";
import { useSay, useSession, useView } from "../context.tsx";
import { Frame } from "./frame.tsx";

/** Errors that belong to the name's line. */
const OF_NAME = new Set(["username_taken", "username_invalid", "registration_pending"]);
const OF_INVITE = new Set(["invite_required", "invite_invalid"]);
const OF_PASSWORD = new Set(["weak_password"]);

/** A name, and a password that was proposed. */
export function Register({ onBack }: { onBack: () => void }) {
  const say = useSay();
  const { client } = useSession();
  const isUnfinished = useView((state) => state.home.state === "empty" && state.home.unfinished);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [isShown, setShown] = useState(true);
  const [invite, setInvite] = useState<string | null>(null);
  const attempt = useAttempt();

  const propose = useCallback(
    () =>
      client.account.proposePassword().then(
        (proposed) => {
          setPassword(proposed);
          setShown(true);
        },
        // Then the person thinks of one.
        () => undefined,
      ),
    [client],
  );
  useEffect(() => void propose(), [propose]);

  const { code, isBusy } = attempt;
  useEffect(() => {
    if (code === "invite_required") setInvite((had) => had ?? "");
  }, [code]);

  const submit = () => {
    const wanted = { username: username.trim(), password };
    return attempt.run(() =>
      client.account.register(invite ? { ...wanted, invite: invite.trim() } : wanted),
    );
  };
  const errorOf = (codes: ReadonlySet<string>) =>
    code !== null && codes.has(code) ? attempt.error : null;
  const isElsewhere =
    code !== null && ![OF_NAME, OF_INVITE, OF_PASSWORD].some((of) => of.has(code));

  return (
    <Frame
      title={say("register.title")}
      text={say(isUnfinished ? "register.unfinished" : "register.text")}
      step={2}
      onBack={onBack}
    >
      <Form onSubmit={() => void submit()}>
        <Field
          label={say("register.username")}
          hint={say("register.username_hint")}
          error={errorOf(OF_NAME)}
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
          hint={say("register.password_hint")}
          error={errorOf(OF_PASSWORD)}
          name="password"
          type={isShown ? "text" : "password"}
          autocomplete="new-password"
          autocapitalize="none"
          spellcheck={false}
          required
          class="field-mono"
          value={password}
          onValue={setPassword}
          after={
            <>
              <IconButton
                icon={isShown ? EyeOff : Eye}
                label={say(isShown ? "common.hide" : "common.show")}
                onClick={() => setShown(!isShown)}
              />
              <IconButton
                icon={RefreshCw}
                label={say("register.password_another")}
                onClick={() => void propose()}
              />
            </>
          }
        />
        {invite === null ? (
          <button type="button" class="link" onClick={() => setInvite("")}>
            {say("register.invite_have")}
          </button>
        ) : (
          <Field
            label={say("register.invite")}
            hint={code === "invite_required" ? say("register.invite_hint") : undefined}
            error={errorOf(OF_INVITE)}
            autocomplete="off"
            value={invite}
            onValue={setInvite}
          />
        )}
        {isElsewhere && (
          <p class="field-error" role="alert">
            {attempt.error}
          </p>
        )}
        <Button
          look="primary"
          type="submit"
          busy={attempt.isBusy}
          disabled={!username.trim() || !password}
        >
          {say(isBusy ? "register.working" : "register.submit")}
        </Button>
      </Form>
    </Frame>
  );
}
