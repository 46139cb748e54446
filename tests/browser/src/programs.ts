import { join } from "node:path";

/** Folder with programs that are built; `cargo xtask test` names it. */
const FOLDER =
  process.env["HARNESS_PROGRAMS"] ?? join(import.meta.dirname, "../../../target/debug");

export function program(name: string): string {
  return join(FOLDER, name);
}
