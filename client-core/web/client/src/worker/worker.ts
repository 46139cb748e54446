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
import type { Ask, Reply, Said, Told } from "./protocol.js";
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

/** Gives the lock up. */
let resign = (): void => undefined;

function tell(told: Told): void {
  postMessage(told);
}

function say(said: Said): void {
  channel.postMessage(said);
}

async function carryOut(leading: Leader, ask: Ask): Promise<Reply> {
  try {
    return { id: ask.id, given: await leading.carryOut(ask.what) };
  } catch (error) {
    return { id: ask.id, fault: faultOf(error) };
  }
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
      void carryOut(leader, entry.ask).then(settle);
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
        void carryOut(leader, data.ask).then((reply) => say({ kind: "reply", to: data.from, reply }));
      }
      break;
    case "reply":
      if (data.to === me) settle(data.reply);
      break;
    case "events":
      if (!leader) tell({ kind: "events", events: data.events });
  }
};

onmessage = ({ data }: MessageEvent<Ask | "close">) => {
  if (data === "close") {
    resign();
    return;
  }
  asked.set(data.id, { ask: data, handedOn: false });
  go();
};

if (navigator.locks === undefined) {
  tell({ kind: "impossible", fault: faultOf(new RestanteError("no_storage")) });
} else {
  navigator.locks
    .request(NAME, lead)
    .catch((error: unknown) => tell({ kind: "impossible", fault: faultOf(error) }));
  say({ kind: "hello", from: me });
}

