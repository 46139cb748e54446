import { Search, Settings, SquarePen } from "lucide";
import type { ComponentChildren } from "preact";
import { sayError } from "../../i18n/index.ts";
import { IconButton } from "../common/button.tsx";
import { useDispatch, useSay, useView } from "../context.tsx";
import { ChatList } from "./list.tsx";
import { Requests } from "./requests.tsx";

/** Everything beside the open chat. */
export function Sidebar() {
  const say = useSay();
  const dispatch = useDispatch();
  const isOpen = useView((state) => state.timeline !== null);
  return (
    <nav class={isOpen ? "sidebar sidebar-behind" : "sidebar"} aria-label={say("chats.title")}>
      <header class="sidebar-head">
        <h1>{say("chats.title")}</h1>
        <IconButton
          icon={Search}
          label={say("search.title")}
          onClick={() => dispatch({ do: "dialog", dialog: { kind: "search", room: null } })}
        />
        <IconButton
          icon={SquarePen}
          label={say("chats.new")}
          onClick={() => dispatch({ do: "dialog", dialog: { kind: "new" } })}
        />
        <IconButton
          icon={Settings}
          label={say("chats.settings")}
          onClick={() => dispatch({ do: "dialog", dialog: { kind: "settings" } })}
        />
      </header>
      <ConnectionBar />
      <Requests />
      <ChatList />
    </nav>
  );
}

/** Says when the relay cannot be reached; a short loss is not worth a word. */
function ConnectionBar() {
  const say = useSay();
  const connection = useView((state) => state.connection);
  const ended = useView((state) => state.ended);
  const words: ComponentChildren =
    ended !== null ? sayError(say, ended) : connection === "offline" ? say("app.offline") : null;
  return (
    <div role="status" class={words ? "bar bar-offline" : "bar"}>
      {words}
    </div>
  );
}
