/** The smallest page that chats: it registers, accepts whoever asks, and shows what comes. */

import type { ClientEvent, Message } from "restante-client";
import { open } from "restante-client";
import "./window.ts";

const client = await open();
window.client = client;
client.subscribe((events) => {
  for (const event of events) void heard(event);
});
await show();

form("account", async ({ username = "", password = "" }) => {
  await client.account.register({ username, password });
  await show();
});

form("message", async ({ to, text = "" }) => {
  const contact = (await client.contacts.list()).find(({ username }) => username === to);
  if (contact?.room) await client.messages.send(contact.room, { text });
});

async function heard(event: ClientEvent): Promise<void> {
  if (event.event === "request") await client.contacts.accept(event.room);
  if (event.event === "message") say(event);
  if (event.event === "missed") await show();
}

async function show(): Promise<void> {
  const { home } = client;
  element("state").textContent = home.state === "open" ? home.me.username : home.state;
  if (home.state !== "open") return;
  for (const room of await client.rooms.list()) {
    for (const message of await client.messages.history(room.id)) say(message);
  }
}

/** A message once, as it is now. */
function say(message: Message): void {
  const items = [...element("messages").children];
  const known = items.find(({ id }) => id === message.id);
  const item = known ?? element("messages").appendChild(document.createElement("li"));
  item.id = message.id;
  item.textContent = `${message.sender}: ${message.text} (${message.state})`;
}

function form(id: string, act: (fields: Record<string, string>) => Promise<void>): void {
  element(id).addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const texts = [...fields].map(([name, value]) => [name, String(value)]);
    act(Object.fromEntries(texts) as Record<string, string>).catch((error: unknown) => {
      element("state").textContent = String(error);
    });
  });
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(id);
  return found;
}
