import { useState } from "preact/hooks";
import { Button } from "../common/button.tsx";
import { Dialog } from "../common/dialog.tsx";
import { Field } from "../common/field.tsx";
import { Form, useAttempt } from "../common/form.tsx";
import { useSay, useSession } from "../context.tsx";

/** Another password, or no account any more: both want the password. */
export function AccountEnds() {
  const say = useSay();
  const [shown, setShown] = useState<"none" | "password" | "delete">("none");
  const close = () => setShown("none");
  return (
    <>
      <Button onClick={() => setShown("password")}>{say("settings.password")}</Button>
      <Button look="danger" onClick={() => setShown("delete")}>
        {say("settings.delete")}
      </Button>
      {shown === "password" && <ChangePassword onClose={close} />}
      {shown === "delete" && <DeleteAccount onClose={close} />}
    </>
  );
}

function ChangePassword({ onClose }: { onClose: () => void }) {
  const say = useSay();
  const session = useSession();
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const attempt = useAttempt();
  const submit = () =>
    attempt.run(async () => {
      await session.client.account.changePassword(current, wanted);
      session.say(say("settings.password_done"));
      onClose();
    });
  return (
    <Dialog title={say("settings.password")} onClose={onClose}>
      <Form onSubmit={() => void submit()}>
        <Field
          label={say("settings.password_current")}
          type="password"
          autocomplete="current-password"
          value={current}
          onValue={setCurrent}
        />
        <Field
          label={say("reset.password")}
          error={attempt.error}
          type="password"
          autocomplete="new-password"
          value={wanted}
          onValue={setWanted}
        />
        <div class="dialog-actions">
          <Button onClick={onClose}>{say("common.cancel")}</Button>
          <Button
            look="primary"
            type="submit"
            busy={attempt.isBusy}
            disabled={current === "" || wanted === ""}
          >
            {say("common.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function DeleteAccount({ onClose }: { onClose: () => void }) {
  const say = useSay();
  const session = useSession();
  const [password, setPassword] = useState("");
  const attempt = useAttempt();
  const submit = () =>
    attempt.run(async () => {
      await session.client.account.delete(password);
      onClose();
    });
  return (
    <Dialog title={say("settings.delete")} onClose={onClose}>
      <p>{say("settings.delete_text")}</p>
      <Form onSubmit={() => void submit()}>
        <Field
          label={say("register.password")}
          error={attempt.error}
          type="password"
          autocomplete="current-password"
          value={password}
          onValue={setPassword}
        />
        <div class="dialog-actions">
          <Button onClick={onClose}>{say("common.cancel")}</Button>
          <Button look="danger" type="submit" busy={attempt.isBusy} disabled={password === ""}>
            {say("settings.delete")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
