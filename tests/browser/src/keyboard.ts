/** Somebody without a mouse. */

import type { Page } from "playwright-core";

/** Stops of a page, at most: whoever needs more presses is lost. */
const MOST = 80;

/** Presses Tab until the focus is on something of this name: an exact text, or a pattern. */
export async function tabTo(page: Page, name: string | RegExp, key = "Tab"): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < MOST; presses += 1) {
    const found = await focused(page);
    if (typeof name === "string" ? found === name : name.test(found)) return;
    seen.push(found);
    await page.keyboard.press(key);
  }
  throw new Error(`${String(name)} is not reached: ${[...new Set(seen)].join(" · ")}`);
}

/** Goes there and presses Enter. */
export async function press(page: Page, name: string | RegExp): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press("Enter");
}

/** What the focused element is called. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement)) return "";
    const label = element.getAttribute("aria-label");
    if (label !== null) return label;
    const { labels } = element as HTMLInputElement;
    return (labels?.[0]?.textContent ?? element.textContent).trim();
  });
}
