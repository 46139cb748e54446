/** Two people at browsers who have met, with what they need: for stories that begin there. */

import type { Browser } from "playwright-core";
import { Person, launch } from "./person.ts";
import { Relay } from "./relay.ts";

export interface Friends {
  relay: Relay;
  browser: Browser;
  alice: Person;
  bob: Person;
}

/** Alice and Bob are contacts, and look at their chat. */
export async function friends(): Promise<Friends> {
  const relay = await Relay.start();
  const browser = await launch();
  const [alice, bob] = await Promise.all([
    Person.at(browser, relay.url, "alice"),
    Person.at(browser, relay.url, "bob"),
  ]);
  await Promise.all([alice.registers(), bob.registers()]);
  await alice.asks("bob");
  await bob.accepts("alice");
  await alice.opens("bob");
  await bob.opens("alice");
  await bob.says("We have met");
  await alice.sees("We have met");
  return { relay, browser, alice, bob };
}
