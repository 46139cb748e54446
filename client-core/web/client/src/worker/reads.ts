/** Which wishes change nothing, and may be asked twice. */

import type { Call, Wish } from "./protocol.js";

const READS: Record<Call["of"], readonly string[]> = {
  account: ["sync", "task", "recovery_phrase", "check_phrase"],
  people: ["contacts", "requests", "safety_number", "presence", "presence_shared", "clients"],
  rooms: ["list", "picture", "idle"],
  messages: ["history", "notices", "search"],
  files: ["fetch", "thumbnail"],
  kept: ["get", "list"],
};

export function onlyReads(what: Wish): boolean {
  if (what.kind !== "call") return what.kind === "has_passphrase" || what.kind === "propose_password";
  return READS[what.call.of].includes(what.call.call.do);
}
