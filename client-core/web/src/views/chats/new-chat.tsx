import { useState } from "preact/hooks";
import { sayError } from "../../i18n/index.ts";
import { Button } from "../common/button.tsx";
import { CopyButton } from "../common/copy.tsx";
import { Dialog } from "../common/dialog.tsx";
import { Field } from "../common/field.tsx";
import { Form, useAttempt } from "../common/form.tsx";
import { useSay, useSession, useView } from "../context.tsx";
import { PeopleChoice } from "../room/people.tsx";

/** A person by exact username, or a group of contacts. */
export function NewChat({ onClose }: { onClose: () => void }) {
  const say = useSay();
  const [what, setWhat] = useState<"person" | "group">("person");
  const tabs = [
    ["person", say("new.person")],
    ["group", say("new.group")],
  ] as const;
  return (
    <Dialog title={say("new.title")} onClose={onClose}>
      <div class="segments">
        {tabs.map(([tab, name]) => (
          <button key={tab} type="button" aria-pressed={what === tab} onClick={() => setWhat(tab)}>
            {name}
          </button>
        ))}
      </div>
      {what === "person" ? <NewContact onClose={onClose} /> : <NewGroup onClose={onClose} />}
    </Dialog>
  );
}

function NewContact({ onClose }: { onClose: () => void }) {
  const say = useSay();
  const session = useSession();
  const me = useView((state) => (state.home.state === "open" ? state.home.me.username : ""));
  const [username, setUsername] = useState("");
  const [words, setWords] = useState("");
  const attempt = useAttempt();
  const submit = () =>
    attempt.run(async () => {
      const name = username.trim();
      await session.finish(() => session.client.contacts.add(name, words.trim()));
      session.say(say("new.asked", { name }));
      await session.readLists();
      onClose();
    });
  return (
    <Form onSubmit={() => void submit()}>
      <Field
        label={say("new.username")}
        error={attempt.code === "not_found" ? sayError(say, "no_such_user") : attempt.error}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        required
        value={username}
        onValue={(value) => {
          setUsername(value);
          attempt.forget();
        }}
      />
      <Field
        label={say("new.words")}
        hint={say("new.words_hint")}
        autocomplete="off"
        value={words}
        onValue={setWords}
      />
      <Button look="primary" type="submit" busy={attempt.isBusy} disabled={username.trim() === ""}>
        {attempt.isBusy ? say("new.asking", { name: username.trim() }) : say("new.ask")}
      </Button>
      <div class="own-name">
        <span>{say("new.your_name", { name: me })}</span>
        <CopyButton text={me} />
      </div>
    </Form>
  );
}

function NewGroup({ onClose }: { onClose: () => void }) {
  const say = useSay();
  const session = useSession();
  const [title, setTitle] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [isBusy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    const before = new Set(session.store.get().rooms.keys());
    const isDone = await session.carryOut(() =>
      session.finish(() => session.client.rooms.create(title.trim(), [...chosen])),
    );
    setBusy(false);
    if (!isDone) return;
    await session.readLists();
    onClose();
    const made = [...session.store.get().rooms.keys()].find((room) => !before.has(room));
    if (made) await session.open(made);
  };
  return (
    <Form onSubmit={() => void submit()}>
      <Field
        label={say("new.group_name")}
        autocomplete="off"
        required
        value={title}
        onValue={setTitle}
      />
      <PeopleChoice chosen={chosen} onChosen={setChosen} />
      <Button look="primary" type="submit" busy={isBusy} disabled={title.trim() === ""}>
        {say("new.create")}
      </Button>
    </Form>
  );
}
