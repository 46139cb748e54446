/** Arrow keys in lists that are one stop for Tab. */

type KeyEvent = Pick<KeyboardEvent, "key" | "preventDefault" | "stopPropagation">;

/** Moves the focus among the children that fit; says whether the key was one of its own. */
export function moveFocus(event: KeyEvent, list: HTMLElement, selector: string): boolean {
  const items = [...list.querySelectorAll<HTMLElement>(selector)];
  const at = items.findIndex(
    (item) => item === document.activeElement || item.contains(document.activeElement),
  );
  const to = target(event.key, at, items.length);
  if (to === null) return false;
  event.preventDefault();
  event.stopPropagation();
  items[to]?.focus();
  items[to]?.scrollIntoView({ block: "nearest" });
  return true;
}

/** Where a key leads in a list of so many. */
export function target(key: string, at: number, length: number): number | null {
  if (length === 0) return null;
  switch (key) {
    case "ArrowDown":
      return Math.min(at + 1, length - 1);
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}
