/**
 * The worker of one tab. All workers of an origin wait for one lock; who has it leads and owns the
 * engine, the others hand on to it what their pages ask. When the leader's tab goes, the browser gives
 * the lock to the next one.
 *
 * What was asked of a leader that went is asked anew if it only reads; otherwise it ends as
 * `taken_over`, because nobody knows whether it was done.
 */

import { RestanteError } from "../error.js";
import type { Audience } from "./leader.js";
import { Leader, faultOf } from "./leader.js";
import type { Ask, Reply, Said, Told, Wanted } from "./protocol.js";
import { onlyReads } from "./reads.js";

/** Name of lock and channel. */
const NAME = "restante";

/** How often, and how many times, the home is tried that a worker which has ended still holds. */
const TRY_AGAIN_MS = 100;
const TRIES = 50;

const me = crypto.randomUUID();
const channel = new BroadcastChannel(NAME);

/** Of this worker, where it leads. */
let leader: Leader | null = null;

/** The worker that leads, where this one does not. */
let followed: string | null = null;

/** What the page asked and was not answered, and whether another worker has it. */
const asked = new Map<number, { ask: Ask; handedOn: boolean }>();

/** What this worker carries out, for itself or another one. */
const running = new Map<string, AbortController>();

/** Gives the lock up. */
let resign = (): void => undefined;

function tell(told: Told): void {
  postMessage(told);
}

function say(said: Said): void {
  channel.postMessage(said);
}

async function carryOut(leading: Leader, from: string, { id, what }: Ask): Promise<Reply> {
  const abort = new AbortController();
  running.set(nameOf(from, id), abort);
  try {
    return { id, given: await leading.carryOut(what, abort.signal) };
  } catch (error) {
    endIfBroken(error);
    return { id, fault: faultOf(error) };
  } finally {
    running.delete(nameOf(from, id));
  }
}

function nameOf(from: string, id: number): string {
  return `${from}/${id}`;
}

/** The page does not wait any more: neither does this worker, and who carries it out may stop. */
function cancel(id: number): void {
  asked.delete(id);
  if (leader) running.get(nameOf(me, id))?.abort();
  else if (followed) say({ kind: "cancel", from: me, to: followed, id });
}

function hurry(): void {
  if (leader) void leader.hurry();
  else if (followed) say({ kind: "hurry", to: followed });
}

/** An engine that hit a fault of its own answers nothing any more: the page starts another worker. */
function endIfBroken(error: unknown): void {
  if (error instanceof WebAssembly.RuntimeError) close();
}

/** Answers the page. */
function settle(reply: Reply): void {
  if (asked.delete(reply.id)) tell({ kind: "reply", reply });
}

/** Carries out, hands on or keeps whatever the page waits for. */
function go(): void {
  for (const entry of asked.values()) {
    if (entry.handedOn) continue;
    if (leader) {
      entry.handedOn = true;
      void carryOut(leader, me, entry.ask).then(settle);
    } else if (followed) {
      entry.handedOn = true;
      say({ kind: "ask", from: me, to: followed, ask: entry.ask });
    }
  }
}

/** Another worker leads than before: nobody answers what the one before had. */
function changeLeader(): void {
  for (const entry of asked.values()) {
    if (!entry.handedOn) continue;
    if (onlyReads(entry.ask.what)) entry.handedOn = false;
    else settle({ id: entry.ask.id, fault: { code: "taken_over", retry: "now" } });
  }
  tell({ kind: "events", events: [{ event: "missed" }] });
}

const audience: Audience = {
  standing(standing) {
    say({ kind: "leader", from: me, standing });
    tell({ kind: "standing", standing });
  },
  events(events) {
    say({ kind: "events", events });
    tell({ kind: "events", events });
  },
};

async function lead(): Promise<void> {
  const opened = await openLeader();
  const wasFollowing = followed !== null;
  followed = null;
  leader = opened;
  audience.standing(opened.standing);
  if (wasFollowing) changeLeader();
  go();
  await new Promise<void>((resolve) => {
    resign = resolve;
  });
  leader = null;
  await opened.leave();
}

/** Opens the home; the worker that had it may need a moment to be gone. */
async function openLeader(): Promise<Leader> {
  for (let tries = 1; ; tries++) {
    try {
      return await Leader.open(audience);
    } catch (error) {
      if (faultOf(error).code !== "home_in_use" || tries >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

channel.onmessage = ({ data }: MessageEvent<Said>) => {
  switch (data.kind) {
    case "hello":
      if (leader) say({ kind: "leader", from: me, standing: leader.standing });
      break;
    case "leader": {
      if (leader) break;
      const isAnother = followed !== null && followed !== data.from;
      followed = data.from;
      tell({ kind: "standing", standing: data.standing });
      if (isAnother) changeLeader();
      go();
      break;
    }
    case "ask":
      if (data.to === me && leader) {
        void carryOut(leader, data.from, data.ask).then((reply) =>
          say({ kind: "reply", to: data.from, reply }),
        );
      }
      break;
    case "cancel":
      if (data.to === me) running.get(nameOf(data.from, data.id))?.abort();
      break;
    case "hurry":
      if (data.to === me) hurry();
      break;
    case "reply":
      if (data.to === me) settle(data.reply);
      break;
    case "events":
      if (!leader) tell({ kind: "events", events: data.events });
  }
};

onmessage = ({ data }: MessageEvent<Wanted>) => {
  switch (data.kind) {
    case "ask":
      asked.set(data.ask.id, { ask: data.ask, handedOn: false });
      go();
      break;
    case "cancel":
      cancel(data.id);
      break;
    case "hurry":
      hurry();
      break;
    case "close":
      resign();
  }
};

addEventListener("error", ({ error }) => endIfBroken(error));
addEventListener("unhandledrejection", ({ reason }) => endIfBroken(reason));

if (navigator.locks === undefined) {
  tell({ kind: "impossible", fault: faultOf(new RestanteError("no_storage")) });
} else {
  const lock = `${NAME}/${me}`;
  void navigator.locks.request(lock, () => {
    tell({ kind: "alive", lock });
    return new Promise(() => undefined);
  });
  navigator.locks
    .request(NAME, lead)
    .catch((error: unknown) => tell({ kind: "impossible", fault: faultOf(error) }));
  say({ kind: "hello", from: me });
}

