import { Globe, Monitor, Pencil, Trash2 } from "lucide";
import type { OwnClient } from "restante-client";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Button, IconButton } from "../common/button.tsx";
import { Dialog } from "../common/dialog.tsx";
import { Field } from "../common/field.tsx";
import { Form, useAttempt } from "../common/form.tsx";
import { Icon } from "../common/icon.tsx";
import { useSay, useSession } from "../context.tsx";

/** The clients of this account. */
export function Devices() {
  const say = useSay();
  const session = useSession();
  const [devices, setDevices] = useState<readonly OwnClient[]>([]);
  const [renamed, setRenamed] = useState<OwnClient | null>(null);
  const [removed, setRemoved] = useState<OwnClient | null>(null);
  const read = useCallback(
    () => session.client.clients.list().then(setDevices, (error: unknown) => session.fail(error)),
    [session],
  );
  useEffect(() => void read(), [read]);
  return (
    <section>
      <h3>{say("settings.devices")}</h3>
      <ul class="members">
        {devices.map((device) => (
          <li key={device.id} class="member">
            <Icon of={device.platform === "web" ? Globe : Monitor} size={22} />
            <span class="member-name">
              <span dir="auto">{device.name ?? say("settings.device_unnamed")}</span>
              <span class="field-hint">
                {device.this ? say("settings.device_this") : (device.platform ?? "")}
              </span>
              {device.removal_unfinished && (
                <span class="field-error">{say("settings.device_unfinished")}</span>
              )}
            </span>
            <IconButton
              icon={Pencil}
              size={18}
              label={say("settings.device_rename")}
              onClick={() => setRenamed(device)}
            />
            {!device.this && (
              <IconButton
                icon={Trash2}
                size={18}
                label={say("settings.device_remove")}
                onClick={() => setRemoved(device)}
              />
            )}
          </li>
        ))}
      </ul>
      {renamed && (
        <Rename
          device={renamed}
          onClose={() => {
            setRenamed(null);
            void read();
          }}
        />
      )}
      {removed && (
        <Remove
          device={removed}
          onClose={() => {
            setRemoved(null);
            void read();
          }}
        />
      )}
    </section>
  );
}

interface DeviceDialogProps {
  device: OwnClient;
  onClose: () => void;
}

function Rename({ device, onClose }: DeviceDialogProps) {
  const say = useSay();
  const session = useSession();
  const [name, setName] = useState(device.name ?? "");
  const submit = async () => {
    const { clients } = session.client;
    if (await session.carryOut(() => clients.rename(device.id, name.trim()))) onClose();
  };
  return (
    <Dialog title={say("settings.device_rename")} onClose={onClose}>
      <Form onSubmit={() => void submit()}>
        <Field label={say("settings.device_name")} value={name} onValue={setName} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" disabled={name.trim() === ""}>
            {say("common.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function Remove({ device, onClose }: DeviceDialogProps) {
  const say = useSay();
  const session = useSession();
  const [password, setPassword] = useState("");
  const attempt = useAttempt();
  const submit = () =>
    attempt.run(async () => {
      await session.client.clients.remove(device.id, password);
      onClose();
    });
  return (
    <Dialog title={say("settings.device_remove")} onClose={onClose}>
      <p>{say("settings.device_remove_text")}</p>
      <Form onSubmit={() => void submit()}>
        <Field
          label={say("register.password")}
          error={attempt.error}
          type="password"
          autocomplete="current-password"
          value={password}
          onValue={(value) => {
            setPassword(value);
            attempt.forget();
          }}
        />
        <div class="dialog-actions">
          <Button onClick={onClose}>{say("common.cancel")}</Button>
          <Button look="danger" type="submit" busy={attempt.isBusy} disabled={password === ""}>
            {say("settings.device_remove")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
