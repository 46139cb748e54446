import { useEffect } from "preact/hooks";
import { sayError } from "../i18n/index.ts";
import { unreadTotal } from "../state/chats.ts";
import { NewChat } from "./chats/new-chat.tsx";
import { Search } from "./chats/search.tsx";
import { Sidebar } from "./chats/sidebar.tsx";
import { Switcher } from "./chats/switcher.tsx";
import { Announcer } from "./common/announcer.tsx";
import { Toasts } from "./common/toasts.tsx";
import { useDispatch, useSay, useView } from "./context.tsx";
import { useShortcuts } from "./shortcuts.ts";
import { Phrase } from "./onboarding/phrase.tsx";
import { Unlock } from "./onboarding/unlock.tsx";
import { Welcome } from "./onboarding/welcome.tsx";
import { RoomView } from "./room/room.tsx";
import { SafetyNumber } from "./room/safety.tsx";
import { Keys } from "./settings/keys.tsx";
import { Settings } from "./settings/settings.tsx";
import { Update } from "./update.tsx";

/** The whole page. */
export function App() {
  return (
    <>
      <Screen />
      <Update />
      <Toasts />
    </>
  );
}

function Screen() {
  const say = useSay();
  const home = useView((state) => state.home);
  switch (home.state) {
    case "opening":
      return (
        <main class="opening" aria-busy="true">
          <img src="/icon.svg" alt="" width="56" height="56" />
          <p>{say("app.opening")}</p>
        </main>
      );
    case "impossible":
      return (
        <main class="opening">
          <img src="/icon.svg" alt="" width="56" height="56" />
          <p role="alert">{sayError(say, home.code)}</p>
        </main>
      );
    case "empty":
      return <Welcome />;
    case "locked":
      return <Unlock />;
    case "open":
      return home.phrase_unseen ? <Phrase /> : <Chats />;
  }
}

function Chats() {
  const say = useSay();
  const timeline = useView((state) => state.timeline);
  useShortcuts();
  useTitle();
  return (
    <div class={timeline ? "chats-page chats-page-open" : "chats-page"}>
      <a class="skip-link" href="#main">
        {say("app.skip")}
      </a>
      <Sidebar />
      {timeline ? (
        <RoomView timeline={timeline} />
      ) : (
        <main id="main" class="no-room" tabIndex={-1}>
          <img src="/icon.svg" alt="" width="56" height="56" />
          <p>{say("chats.none_open")}</p>
        </main>
      )}
      <OpenDialog />
      <Announcer />
    </div>
  );
}

function OpenDialog() {
  const dispatch = useDispatch();
  const dialog = useView((state) => state.dialog);
  const close = () => dispatch({ do: "dialog", dialog: null });
  switch (dialog?.kind) {
    case "new":
      return <NewChat onClose={close} />;
    case "settings":
      return <Settings onClose={close} />;
    case "switcher":
      return <Switcher onClose={close} />;
    case "search":
      return <Search room={dialog.room} onClose={close} />;
    case "keys":
      return <Keys onClose={close} />;
    case "safety":
      return <SafetyNumber username={dialog.username} onClose={close} />;
    case undefined:
      return null;
  }
}

/** The tab says how much is unread; an installed page shows it on its icon. */
function useTitle(): void {
  const unread = useView(unreadTotal);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) Restante` : "Restante";
    // Only installed pages have an icon to show it on.
    if (unread > 0) void navigator.setAppBadge?.(unread).catch(() => undefined);
    else void navigator.clearAppBadge?.().catch(() => undefined);
  }, [unread]);
}
