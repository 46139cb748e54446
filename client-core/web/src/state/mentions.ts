/** Names that somebody may mean while typing `@`. */

/** Offered at once. */
const MOST = 6;

export interface Mention {
  /** Where the `@` stands. */
  readonly from: number;
  readonly names: readonly string[];
}

/** What may be meant at the cursor; none where no name has begun. */
export function mentionAt(text: string, cursor: number, people: readonly string[]): Mention | null {
  const found = /(?:^|\s)@(\S*)$/u.exec(text.slice(0, cursor));
  if (!found) return null;
  const begun = (found[1] ?? "").toLowerCase();
  const names = people.filter((name) => name.toLowerCase().startsWith(begun)).slice(0, MOST);
  return names.length === 0 ? null : { from: cursor - begun.length - 1, names };
}

/** The text with the name in place of what was begun, and where the cursor goes. */
export function complete(
  text: string,
  cursor: number,
  { from }: Mention,
  name: string,
): { text: string; cursor: number } {
  const inserted = `@${name} `;
  return {
    text: text.slice(0, from) + inserted + text.slice(cursor),
    cursor: from + inserted.length,
  };
}
