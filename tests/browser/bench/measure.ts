/** How long a person waits for the page: from what they do to what is painted, by the page's own clock. */

import type { Page } from "playwright-core";

declare global {
  interface Window {
    /** From the last event of this kind until the page was painted as the selector and words say. */
    painted(kind: string, selector: string, words: string): Promise<number>;
  }
}

/** Gives pages their stopwatch. */
export async function install(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.painted = (kind, selector, words) =>
      new Promise((resolve) => {
        window.addEventListener(
          kind,
          ({ timeStamp }) => {
            const isThere = () =>
              [...document.querySelectorAll(selector)].some((element) => {
                const said =
                  element instanceof HTMLTextAreaElement ? element.value : element.textContent;
                return said?.includes(words);
              });
            const look = () => {
              if (!isThere()) return false;
              // A frame is painted before the next task that it lets run.
              requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = () => resolve(performance.now() - timeStamp);
                channel.port2.postMessage(null);
              });
              return true;
            };
            const observer = new MutationObserver(() => {
              if (look()) observer.disconnect();
            });
            observer.observe(document, {
              subtree: true,
              childList: true,
              characterData: true,
              attributes: true,
            });
            // What is typed into a field changes no node.
            queueMicrotask(() => {
              if (look()) observer.disconnect();
            });
          },
          { once: true, capture: true },
        );
      });
  });
}

/** Does something, and gives how long it took from the event to the paint. */
export async function timed(
  page: Page,
  [kind, selector, words]: readonly [string, string, string],
  act: () => Promise<unknown>,
): Promise<number> {
  await page.evaluate(
    (wanted) => {
      const [kind, selector, words] = wanted;
      (window as { result?: Promise<number> }).result = window.painted(kind, selector, words);
    },
    [kind, selector, words] as const,
  );
  await act();
  return page.evaluate(() => (window as unknown as { result: Promise<number> }).result);
}

/** From the beginning of a navigation until an element of this selector holds these words. */
export async function started(page: Page, selector: string, words: string): Promise<number> {
  return page.evaluate(
    ([selector, words]) =>
      new Promise<number>((resolve) => {
        const look = () => {
          const found = [...document.querySelectorAll(selector)];
          if (found.some(({ textContent }) => textContent?.includes(words)))
            resolve(performance.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
    [selector, words] as const,
  );
}

/** Scrolls a feed upwards by hand until so many pixels went by; gives the time of each frame. */
export async function scroll(page: Page, pixels: number): Promise<number[]> {
  await page.evaluate(() => {
    const frames: number[] = [];
    (window as unknown as { frames: number[] }).frames = frames;
    const tick = (now: number) => {
      frames.push(now);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await page.getByRole("feed").hover();
  for (let gone = 0; gone < pixels; gone += 400) await page.mouse.wheel(0, -400);
  const frames = await page.evaluate(() => (window as unknown as { frames: number[] }).frames);
  return frames.slice(1).map((at, index) => at - (frames[index] ?? at));
}
