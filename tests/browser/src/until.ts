/** In which something must have happened, on a busy machine too. */
const DEADLINE_MS = 90_000;

/** How often it is asked whether it did. */
const EVERY_MS = 200;

/** Waits until a question has the expected answer, and gives it. */
export async function until<T>(
  ask: () => Promise<T>,
  isExpected: (answer: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (isExpected(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
