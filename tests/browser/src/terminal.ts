/** Somebody at a terminal, at the same relay as people at browsers. */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./programs.ts";

/** Longest that a command may take on a busy machine. */
const COMMAND_MS = 120_000;

export class Terminal {
  /** Directory of the client. */
  readonly home = mkdtempSync(join(tmpdir(), "restante-terminal-"));

  private constructor(
    readonly name: string,
    private readonly passphrase: string,
  ) {}

  /** Registers, with a password that is strong enough. */
  static async at(relay: string, name: string, passphrase = "of this story"): Promise<Terminal> {
    const person = new Terminal(name, passphrase);
    const given = ["--relay", relay, "--username", name, "--password-stdin"];
    await person.run(["register", ...given], `correct horse ${name} battery 77\n`);
    return person;
  }

  /** Runs a command: the objects that it printed. */
  run(given: string[], input = ""): Promise<Record<string, unknown>[]> {
    const env = { ...process.env, RESTANTE_PASSPHRASE: this.passphrase };
    const all = ["--home", this.home, "--json", ...given];
    return new Promise((done, failed) => {
      const options = { env, timeout: COMMAND_MS };
      const running = execFile(program("restante"), all, options, (error, out) => {
        if (error) failed(new Error(`${given.join(" ")}: ${out}`, { cause: error }));
        else
          done(
            out
              .split("\n")
              .filter(Boolean)
              .map((line) => JSON.parse(line) as Record<string, unknown>),
          );
      });
      running.stdin?.end(input);
    });
  }

  /** The texts of a room, after a synchronisation. */
  async texts(room: string): Promise<string[]> {
    await this.run(["sync"]);
    const messages = await this.run(["history", room]);
    return messages.map(({ text }) => String(text));
  }

  end(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
