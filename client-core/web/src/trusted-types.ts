/**
 * The one policy of this page. It lets this site's own scripts be started as workers and makes no
 * markup of any text: whatever tries to is stopped by the browser.
 *
 * Source: https://www.w3.org/TR/trusted-types/
 */

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): unknown;
}

export function allowOwnWorkers(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy("default", {
    createScriptURL(url) {
      const script = new URL(url, location.href);
      if (script.origin !== location.origin) throw new TypeError("a script of another origin");
      return script.href;
    },
  });
}
