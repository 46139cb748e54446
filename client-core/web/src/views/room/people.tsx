import { Initial } from "../common/avatar.tsx";
import { useSay, useView } from "../context.tsx";

interface PeopleChoiceProps {
  chosen: readonly string[];
  onChosen: (chosen: readonly string[]) => void;
  /** People who are there already. */
  without?: ReadonlySet<string>;
}

/** Some of the contacts. */
export function PeopleChoice({ chosen, onChosen, without }: PeopleChoiceProps) {
  const say = useSay();
  const contacts = useView((state) => state.contacts);
  const people = [...contacts.values()]
    .filter(({ phase, username }) => phase === "accepted" && !without?.has(username))
    .map(({ username }) => username)
    .sort((a, b) => a.localeCompare(b));
  if (people.length === 0) return <p class="field-hint">{say("new.no_contacts")}</p>;
  const toggle = (username: string, isChosen: boolean) =>
    onChosen(isChosen ? [...chosen, username] : chosen.filter((one) => one !== username));
  return (
    <fieldset class="people">
      <legend>{say("new.members")}</legend>
      {people.map((username) => (
        <label key={username} class="person">
          <input
            type="checkbox"
            checked={chosen.includes(username)}
            onChange={(event) => toggle(username, event.currentTarget.checked)}
          />
          <Initial name={username} size="small" />
          <span dir="auto">{username}</span>
        </label>
      ))}
    </fieldset>
  );
}
