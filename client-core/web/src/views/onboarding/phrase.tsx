import { useEffect, useState } from "preact/hooks";
import { Button } from "../common/button.tsx";
import { CopyButton } from "../common/copy.tsx";
import { Field } from "../common/field.tsx";
import { Form } from "../common/form.tsx";
import { useSay, useSession } from "../context.tsx";
import { Frame } from "./frame.tsx";

/** The recovery phrase, once; then one word of it is asked for. */
export function Phrase() {
  const say = useSay();
  const session = useSession();
  const [words, setWords] = useState<readonly string[]>([]);
  const [asked, setAsked] = useState<number | null>(null);
  useEffect(() => {
    session.client.account.recoveryPhrase().then(
      (phrase) => setWords(phrase?.split(" ") ?? []),
      (error: unknown) => session.fail(error),
    );
  }, [session]);
  if (asked !== null) {
    return <Check words={words} asked={asked} onBack={() => setAsked(null)} />;
  }
  return (
    <Frame title={say("phrase.title")} text={say("phrase.text")} step={3}>
      <ol class="phrase" aria-label={say("phrase.words")} translate={false} dir="ltr">
        {words.map((word, at) => (
          // Words may come twice; their places do not.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={at}>{word}</li>
        ))}
      </ol>
      <div class="card-actions">
        <CopyButton text={words.join(" ")} />
        <Button
          look="primary"
          disabled={words.length === 0}
          onClick={() => setAsked(Math.floor(Math.random() * words.length))}
        >
          {say("phrase.kept")}
        </Button>
      </div>
    </Frame>
  );
}

interface CheckProps {
  words: readonly string[];
  asked: number;
  onBack: () => void;
}

function Check({ words, asked, onBack }: CheckProps) {
  const say = useSay();
  const session = useSession();
  const [typed, setTyped] = useState("");
  const [isWrong, setWrong] = useState(false);
  const submit = () => {
    if (typed.trim().toLowerCase() !== words[asked]) setWrong(true);
    else void session.carryOut(() => session.client.account.phraseWasShown());
  };
  return (
    <Frame
      title={say("phrase.title")}
      text={say("phrase.check", { n: asked + 1 })}
      step={3}
      onBack={onBack}
    >
      <Form onSubmit={submit}>
        <Field
          label={say("phrase.word", { n: asked + 1 })}
          error={isWrong ? say("phrase.wrong") : null}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={typed}
          onValue={(value) => {
            setTyped(value);
            setWrong(false);
          }}
        />
        <div class="card-actions">
          <Button onClick={onBack}>{say("phrase.look_again")}</Button>
          <Button look="primary" type="submit" disabled={typed.trim() === ""}>
            {say("phrase.finish")}
          </Button>
        </div>
      </Form>
    </Frame>
  );
}
