import { RestanteError } from "restante-client";

/** The stable code of whatever was thrown. */
export function codeOf(error: unknown): string {
  return error instanceof RestanteError ? error.code : "internal_client";
}

/** Whether somebody stopped it on purpose. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
