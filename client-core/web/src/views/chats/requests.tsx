import { Ban } from "lucide";
import type { ContactRequest } from "restante-client";
import { useState } from "preact/hooks";
import { Initial } from "../common/avatar.tsx";
import { Button, IconButton } from "../common/button.tsx";
import { Confirm } from "../common/dialog.tsx";
import { useSay, useSession, useView } from "../context.tsx";

/** People who ask, above the chats. */
export function Requests() {
  const say = useSay();
  const requests = useView((state) => state.requests);
  if (requests.size === 0) return null;
  return (
    <section class="requests" aria-label={say("chats.requests", { n: requests.size })}>
      {[...requests.values()].map((request) => (
        <Request key={request.room} request={request} />
      ))}
    </section>
  );
}

function Request({ request }: { request: ContactRequest }) {
  const say = useSay();
  const session = useSession();
  const [isBlocking, setBlocking] = useState(false);
  const { contacts } = session.client;
  const name = request.from;
  const accept = async () => {
    const isDone = await session.carryOut(() => contacts.accept(request.room));
    if (isDone) await session.readLists();
    if (isDone) await session.open(request.room);
  };
  const decline = async () => {
    if (await session.carryOut(() => contacts.decline(request.room))) await session.readLists();
  };
  const block = async () => {
    if (await session.carryOut(() => contacts.block(name))) await session.readLists();
  };
  return (
    <article class="request">
      <Initial name={name} />
      <div class="request-body">
        <p class="request-who" dir="auto">
          {request.title === null
            ? say("request.contact", { name })
            : say("request.invite", { name, title: request.title })}
        </p>
        {request.words !== "" && (
          <p class="request-words" dir="auto">
            {request.words}
          </p>
        )}
        <div class="request-actions">
          <Button look="primary" onClick={() => void accept()}>
            {say("request.accept")}
          </Button>
          <Button look="quiet" onClick={() => void decline()}>
            {say("request.decline")}
          </Button>
          <IconButton
            icon={Ban}
            size={18}
            label={say("request.block")}
            onClick={() => setBlocking(true)}
          />
        </div>
      </div>
      {isBlocking && (
        <Confirm
          title={say("request.block")}
          text={say("request.block_sure", { name })}
          action={say("request.block")}
          onClose={() => setBlocking(false)}
          onConfirm={() => void block()}
        />
      )}
    </article>
  );
}
