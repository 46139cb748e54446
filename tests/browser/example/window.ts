import type { Restante } from "restante-client";

declare global {
  interface Window {
    /** For whoever looks at the page from outside. */
    client: Restante;
  }
}
