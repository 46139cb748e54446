/**
 * Restante for browsers.
 *
 * Read `api.ts` for what can be done, `types.ts` for what is given.
 */

export type * from "./api.js";
export type * from "./types.js";
export { open } from "./client.js";
export { RestanteError } from "./error.js";
