/**
 * The judge of new passwords: a module of its own, because its word lists weigh as much as half of the
 * engine, and only who chooses a password needs them.
 */

/** Fetches the judge, if it is not here already. */
async function judge() {
  const module = await import("../../built/restante_strength.js");
  await module.default();
  return module;
}

/** Fetches the judge ahead of its work; whether that fails is seen then. */
export function prepareJudge(): void {
  judge().catch(() => undefined);
}

/** Whether a password is strong enough for this username. */
export async function isStrong(password: string, username: string): Promise<boolean> {
  return (await judge()).is_strong(password, username);
}
