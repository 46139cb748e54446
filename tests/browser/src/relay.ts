/** The relay as a process, with a folder and a port of its own, serving the built web client. */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { program } from "./programs.ts";

/** Lifted, as one machine plays everybody. */
const UNLIMITED = "{ burst = 100000000, per_minute = 100000000 }";
const LIMITS = [
  "stamps",
  "registrations",
  "logins",
  "envelopes",
  "member_commits",
  "admin_commits",
].map((rate) => `${rate} = ${UNLIMITED}`);

/** What the relay prints once it takes connections. */
const READY = /listening on (http:\/\/\S+)/;

export class Relay {
  private readonly folder = mkdtempSync(join(tmpdir(), "restante-browser-"));
  private process: ChildProcess | null = null;
  url = "";

  static async start(): Promise<Relay> {
    const relay = new Relay();
    const data = join(relay.folder, "data");
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(
      join(data, "restante.toml"),
      ["[limits]", ...LIMITS, "[blobs]", "keep_free_mib = 0", ""].join("\n"),
    );
    await relay.spawn("127.0.0.1:0");
    return relay;
  }

  /** Kills it in the middle of whatever it does. */
  async kill(): Promise<void> {
    const running = this.process;
    this.process = null;
    if (!running || running.exitCode !== null) return;
    running.kill("SIGKILL");
    await once(running, "exit");
  }

  /** While it is away: hangs up on so many who call, then on nobody. */
  async refuses(calls: number): Promise<void> {
    const { hostname, port } = new URL(this.url);
    const stand = createServer((socket) => socket.destroy());
    stand.listen(Number(port), hostname);
    for (let call = 0; call < calls; call += 1) await once(stand, "connection");
    stand.close();
    await once(stand, "close");
  }

  /** On the same port and data. */
  async restart(): Promise<void> {
    await this.spawn(new URL(this.url).host);
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async spawn(listen: string): Promise<void> {
    const data = join(this.folder, "data");
    const started = spawn(
      program("restante-server"),
      ["serve", "--data", data, "--listen", listen],
      {
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    this.process = started;
    for await (const line of createInterface({ input: started.stdout })) {
      const found = READY.exec(line)?.[1];
      if (found === undefined) continue;
      this.url = found.replace(/[.,]$/, "");
      // What it prints later must not fill the pipe.
      started.stdout.resume();
      return;
    }
    throw new Error("the relay ended at once");
  }
}
