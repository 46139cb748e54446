/**
 * Something between browsers and a relay, which serves a page as a story wants it and hands on
 * everything else. A newer version of the page, and a half-installed one, are made by it.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

const SERVICE_WORKER = "/service-worker.js";

export class Front {
  /** What is served in the place of the relay's own. */
  private readonly changed = new Map<string, string>();
  /** Headers that get lost on the way. */
  readonly withoutHeaders = new Set<string>();

  private constructor(
    private readonly server: Server,
    private readonly relay: URL,
    readonly url: string,
  ) {}

  static async start(relay: string): Promise<Front> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const front = new Front(server, new URL(relay), `http://127.0.0.1:${port}`);
    server.on("request", (asked, answer) => front.answer(asked, answer));
    server.on("upgrade", (asked, socket, head) => front.upgrade(asked, socket, head));
    return front;
  }

  /**
   * Serves another version of the page: `words` stand in its title.
   *
   * @param isWhole - Otherwise the relay goes on to serve the old page beside the new service worker.
   */
  async publish(words: string, isWhole = true): Promise<void> {
    const page = await this.text("/");
    const worker = await this.text(SERVICE_WORKER);
    const newer = page.replace(/<title>.*<\/title>/, `<title>${words}</title>`);
    this.changed.set(SERVICE_WORKER, worker.replaceAll(integrity(page), integrity(newer)));
    if (isWhole) this.changed.set("/", newer);
  }

  /** Serves what the relay does, again. */
  withdraw(): void {
    this.changed.clear();
  }

  async end(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async text(path: string): Promise<string> {
    return this.changed.get(path) ?? (await (await fetch(new URL(path, this.relay))).text());
  }

  private answer(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, headers } = asked;
    const path = asked.url ?? "/";
    const changed = this.changed.get(path);
    // What was changed has no packed form, and another tag.
    const given = changed === undefined ? headers : { ...headers, "accept-encoding": "identity" };
    if (changed !== undefined) delete given["if-none-match"];
    const options = {
      host: this.relay.hostname,
      port: this.relay.port,
      path,
      method,
      headers: given,
    };
    const forwarded = request(options, (heard) => {
      const kept = Object.entries(heard.headers).filter(([name]) => !this.withoutHeaders.has(name));
      if (changed === undefined) {
        answer.writeHead(heard.statusCode ?? 502, Object.fromEntries(kept));
        heard.pipe(answer);
        return;
      }
      heard.resume();
      const own = kept.filter(([name]) => name !== "content-length" && name !== "etag");
      answer.writeHead(200, Object.fromEntries(own)).end(changed);
    });
    forwarded.on("error", () => answer.destroy());
    asked.pipe(forwarded);
  }

  private upgrade(asked: IncomingMessage, socket: Duplex, head: Buffer): void {
    const onward = connect(Number(this.relay.port), this.relay.hostname, () => {
      const fields = Object.entries(asked.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      onward.write(`GET ${asked.url} HTTP/1.1\r\n${fields.join("")}\r\n`);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const [one, other] of [
      [onward, socket],
      [socket, onward],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  }
}

function integrity(text: string): string {
  return `sha384-${createHash("sha384").update(text).digest("base64")}`;
}
