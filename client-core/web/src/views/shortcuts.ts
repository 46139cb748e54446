import { useLayoutEffect } from "preact/hooks";
import { useDispatch, useView } from "./context.tsx";

/** Keys that work everywhere in the chats. */
export function useShortcuts(): void {
  const dispatch = useDispatch();
  const hasDialog = useView((state) => state.dialog !== null);
  // With the screen, not after it is painted: a key right behind the end of a dialog counts.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing) return;
      const isCommand = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (isCommand && !event.shiftKey && key === "k") {
        dispatch({ do: "dialog", dialog: { kind: "switcher" } });
      } else if (isCommand && event.shiftKey && key === "f") {
        dispatch({ do: "dialog", dialog: { kind: "search", room: null } });
      } else if (isCommand && event.shiftKey && key === "n") {
        dispatch({ do: "dialog", dialog: { kind: "new" } });
      } else if (key === "?" && !isCommand && !isTyping(event.target) && !hasDialog) {
        dispatch({ do: "dialog", dialog: { kind: "keys" } });
      } else {
        return;
      }
      event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [dispatch, hasDialog]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}
