/**
 * The part of the tab that owns the engine: opens the home, carries out what all tabs ask, and tells
 * them what happens.
 */

import init, { Core, key_of_passphrase } from "../../built/restante_wasm.js";
import { RestanteError } from "../error.js";
import type { MovedHome } from "../api.js";
import type { ClientEvent, Home, Me } from "../types.js";
import { Keys } from "./keys.js";
import type { Call, Fault, Given, Standing, Start, Wish } from "./protocol.js";
import { isStrong, prepareJudge } from "./strength.js";

/** Folder of the databases in the origin private file system. */
const FOLDER = "restante";

/** How the leader is heard. */
export interface Audience {
  standing(standing: Standing): void;
  events(events: ClientEvent[]): void;
}

interface Entered {
  me: Me;
  phrase_unseen: boolean;
  resumed: boolean;
}

export class Leader {
  standing: Standing = { home: { state: "locked" }, connection: "connecting" };

  private constructor(
    private readonly core: Core,
    private readonly keys: Keys,
    private readonly audience: Audience,
  ) {}

  /** Takes the home of this origin, which no other worker may have. */
  static async open(audience: Audience): Promise<Leader> {
    await init();
    const keys = await Keys.open(key_of_passphrase);
    const leader = new Leader(await Core.open(FOLDER, isStrong), keys, audience);
    await leader.arrive();
    return leader;
  }

  /** Carries out what a page asks, unless the signal says that nobody wants it any more. */
  async carryOut(wish: Wish, signal: AbortSignal): Promise<Given> {
    switch (wish.kind) {
      case "call":
        return this.call(wish.call, wish.blobs, signal);
      case "start":
        return this.start(wish.how, wish.passphrase);
      case "unlock":
        return JSON.stringify((await this.enter(wish.passphrase)).me);
      case "set_passphrase":
        return this.setPassphrase(wish.passphrase, wish.current);
      case "has_passphrase":
        return JSON.stringify((await this.keys.wrappedBy()) === "passphrase");
      case "propose_password":
        // Whoever wants a proposal is about to choose.
        prepareJudge();
        return JSON.stringify(this.core.propose_password());
      case "forget":
        return this.forget();
      case "move_out":
        return this.moveOut(wish.passphrase);
      case "move_in":
        return this.moveIn(wish.moved, wish.passphrase);
    }
  }

  /** The network may be back. */
  hurry(): Promise<void> {
    return this.core.hurry();
  }

  /** Says goodbye to the relay, and gives the home up. */
  leave(): Promise<void> {
    return this.core.leave();
  }

  private async arrive(): Promise<void> {
    switch (await this.keys.wrappedBy()) {
      case null:
        return this.become({ state: "empty", unfinished: false, lost: false });
      case "passphrase":
        return this.become({ state: "locked" });
      case "browser":
        await this.enter(undefined).catch((error: unknown) => {
          if (faultOf(error).code !== "no_account") throw error;
        });
    }
  }

  private async enter(passphrase: string | undefined): Promise<Entered> {
    if (this.standing.home.state === "open") throw new RestanteError("account_exists");
    const key = await this.keys.unwrap(passphrase);
    try {
      return await this.opened(await this.core.enter(key));
    } catch (error) {
      if (faultOf(error).code === "no_account") {
        const unfinished = this.core.unfinished();
        this.become({ state: "empty", unfinished, lost: await this.keys.wasUsed() });
      }
      throw error;
    }
  }

  private async start(how: Start, passphrase: string | undefined): Promise<Given> {
    if (this.standing.home.state === "open") throw new RestanteError("account_exists");
    // What was begun is under the key that there is.
    const isBegun = this.core.unfinished() && (await this.keys.wrappedBy()) !== null;
    const key = isBegun ? await this.keys.unwrap(passphrase) : await this.keys.create(passphrase);
    const told = await this.core.start(key, JSON.stringify(spoken(how)));
    return JSON.stringify(await this.opened(told));
  }

  private async opened(told: string): Promise<Entered> {
    const entered = JSON.parse(told) as Entered;
    await this.keys.markUsed();
    this.become({ state: "open", me: entered.me, phrase_unseen: entered.phrase_unseen });
    void this.listen();
    return entered;
  }

  private async listen(): Promise<void> {
    const listener = this.core.listen();
    for (let batch = await listener.next(); batch !== undefined; batch = await listener.next()) {
      const events = JSON.parse(batch) as ClientEvent[];
      for (const event of events) {
        if (event.event === "connection") {
          this.standing = { ...this.standing, connection: event.connection };
          this.audience.standing(this.standing);
        }
      }
      this.audience.events(events);
    }
    listener.free();
  }

  private async call(call: Call, blobs: Blob[], signal: AbortSignal): Promise<Given> {
    if (this.standing.home.state === "locked") throw new RestanteError("locked");
    const said = JSON.stringify({ [call.of]: spoken(call.call) });
    const given = (await this.core.call(said, blobs, signal)) as string | Blob;
    const { home } = this.standing;
    const wasShown = call.of === "account" && call.call.do === "phrase_was_shown";
    if (wasShown && home.state === "open") this.become({ ...home, phrase_unseen: false });
    return given;
  }

  private async setPassphrase(passphrase: string | null, current: string | undefined): Promise<null> {
    const key = await this.keys.unwrap(current);
    await this.keys.wrap(key, passphrase);
    key.fill(0);
    return null;
  }

  private async forget(): Promise<null> {
    // The key first: whatever stays of the files is noise without it.
    await this.keys.forget();
    await this.core.forget();
    await removeFiles();
    this.become({ state: "empty", unfinished: false, lost: false });
    return null;
  }

  private async moveOut(passphrase: string | undefined): Promise<MovedHome> {
    const key = await this.keys.unwrap(passphrase);
    await this.core.leave();
    const database = this.core.export();
    await this.forget();
    return { database, key };
  }

  private async moveIn({ database, key }: MovedHome, passphrase: string | undefined): Promise<Given> {
    if (this.standing.home.state !== "empty") throw new RestanteError("account_exists");
    this.core.import(database);
    await this.keys.wrap(key, passphrase ?? null);
    return JSON.stringify((await this.enter(passphrase)).me);
  }

  private become(home: Home): void {
    this.standing = { ...this.standing, home };
    this.audience.standing(this.standing);
    this.audience.events([{ event: "home", home }]);
  }
}

/** What an error says: those of the engine are JSON. */
export function faultOf(error: unknown): Fault {
  if (error instanceof RestanteError) return { code: error.code, retry: error.retry };
  if (typeof error === "string") return JSON.parse(error) as Fault;
  return { code: "internal_client", retry: "never" };
}

/** What is to be done, in the form in which `client-core/wasm/src/call.rs` reads it. */
function spoken(what: Call["call"]): string | object {
  return what.with === undefined ? what.do : { [what.do]: what.with };
}

/** Sealed files on their way, which lie beside the databases. */
async function removeFiles(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry("home", { recursive: true }).catch(() => undefined);
}
