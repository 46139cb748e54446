import { takeUpdate } from "../session/service-worker.ts";
import { Button } from "./common/button.tsx";
import { useSay, useView } from "./context.tsx";

/** A new version is there: it takes over when the person says so, or when no page is open any more. */
export function Update() {
  const say = useSay();
  const waits = useView((state) => state.updateWaits);
  return (
    <div class="update" role="status">
      {waits && (
        <div class="toast">
          <span>{say("app.update")}</span>
          <Button look="primary" onClick={() => void takeUpdate()}>
            {say("app.update_take")}
          </Button>
        </div>
      )}
    </div>
  );
}
