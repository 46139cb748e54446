import type { ErrorCode, Retry } from "./types.js";

/** Why something was not done. */
export class RestanteError extends Error {
  /** Stable: for choosing words in the person's language. */
  readonly code: ErrorCode;
  /** Whether, and when, the same call may succeed. */
  readonly retry: Retry;

  constructor(code: ErrorCode, retry: Retry = "never") {
    super(code);
    this.name = "RestanteError";
    this.code = code;
    this.retry = retry;
  }
}
