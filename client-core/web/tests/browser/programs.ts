/** The relay and the command line, as Cargo built them. */

import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** As for the stories in Rust. */
const PROGRAMS =
  process.env["HARNESS_PROGRAMS"] ?? resolve(import.meta.dirname, "../../../../target/debug");

const PASSPHRASE = "of this story";

/** Longest that a command may take on a busy machine. */
const COMMAND_MS = 110_000;

/** A folder that goes with the story. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "restante-web-"));

  at(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A relay that listens. */
export class Relay {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
  ) {}

  static start(folder: Folder): Promise<Relay> {
    const given = ["serve", "--data", folder.at("relay"), "--listen", "127.0.0.1:0"];
    const program = spawn(join(PROGRAMS, "restante-server"), given, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    return new Promise((ready, failed) => {
      program.once("error", failed);
      program.once("exit", (code) => failed(new Error(`the relay ended with ${code}`)));
      createInterface({ input: program.stdout }).on("line", (line) => {
        const url = /listening on (http\S+)/.exec(line)?.[1];
        if (url) ready(new Relay(program, url));
      });
    });
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGTERM");
    await ended;
  }
}

/** A person at a terminal. */
export class Terminal {
  constructor(
    private readonly home: string,
    private readonly relay: string,
    private readonly passphrase: string = PASSPHRASE,
  ) {}

  /** Registers, with a password that is strong enough. */
  async register(username: string): Promise<void> {
    const given = ["--relay", this.relay, "--username", username, "--password-stdin"];
    await this.run(["register", ...given], `correct horse ${username} battery 77\n`);
  }

  /** Runs a command: the objects that it printed. */
  run(given: string[], input = ""): Promise<Record<string, unknown>[]> {
    const env = { ...process.env, RESTANTE_PASSPHRASE: this.passphrase };
    const all = ["--home", this.home, "--json", ...given];
    return new Promise((done, failed) => {
      const options = { env, timeout: COMMAND_MS };
      const program = execFile(join(PROGRAMS, "restante"), all, options, (error, out) => {
        if (error) failed(new Error(`${given.join(" ")}: ${out}`, { cause: error }));
        else
          done(
            out
              .split("\n")
              .filter(Boolean)
              .map((line) => JSON.parse(line)),
          );
      });
      program.stdin?.end(input);
    });
  }

  /** The texts of a room, after a synchronisation. */
  async texts(room: string): Promise<string[]> {
    await this.run(["sync"]);
    const messages = await this.run(["history", room]);
    return messages.map(({ text }) => String(text));
  }
}
