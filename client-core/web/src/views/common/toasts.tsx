import { X } from "lucide";
import { sayError } from "../../i18n/index.ts";
import type { Toast } from "../../state/state.ts";
import { useDispatch, useSay, useView } from "../context.tsx";
import { IconButton } from "./button.tsx";

/** Notices that go away by themselves, and are read aloud. */
export function Toasts() {
  const say = useSay();
  const dispatch = useDispatch();
  const toasts = useView((state) => state.toasts);
  const words = (toast: Toast) => {
    if (toast.code === "new_client") return say("settings.device_new");
    return toast.code === null ? toast.text : sayError(say, toast.code);
  };
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <div key={toast.id} class={toast.code === null ? "toast" : "toast toast-error"}>
          <span>{words(toast)}</span>
          <IconButton
            icon={X}
            size={16}
            label={say("common.close")}
            onClick={() => dispatch({ do: "unsay", id: toast.id })}
          />
        </div>
      ))}
    </div>
  );
}
