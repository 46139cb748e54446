import { useState } from "preact/hooks";
import { Button } from "../common/button.tsx";
import { useDispatch, useSay, useView } from "../context.tsx";
import { Frame } from "./frame.tsx";
import { Login } from "./login.tsx";
import { Register } from "./register.tsx";

/** The first screen of a browser without an account. */
export function Welcome() {
  const say = useSay();
  const [screen, setScreen] = useState<"welcome" | "register" | "login">("welcome");
  const isLost = useView((state) => state.home.state === "empty" && state.home.lost);
  const back = () => setScreen("welcome");
  if (screen === "register") return <Register onBack={back} />;
  if (screen === "login") return <Login onBack={back} />;
  return (
    <Frame title={say("welcome.title")} text={say("welcome.text")} step={1}>
      {isLost && (
        <p class="card-notice" role="alert">
          {say("welcome.lost")}
        </p>
      )}
      <div class="card-actions">
        <Button look={isLost ? "plain" : "primary"} onClick={() => setScreen("register")}>
          {say("welcome.create")}
        </Button>
        <Button look={isLost ? "primary" : "plain"} onClick={() => setScreen("login")}>
          {say("welcome.login")}
        </Button>
      </div>
      <Languages />
    </Frame>
  );
}

/** Each in its own words. */
function Languages() {
  const dispatch = useDispatch();
  const preferences = useView((state) => state.preferences);
  const names = [
    ["en", "English"],
    ["zh", "简体中文"],
  ] as const;
  return (
    <div class="languages">
      {names.map(([language, name]) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-pressed={preferences.language === language}
          onClick={() => dispatch({ do: "prefer", preferences: { ...preferences, language } })}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
