/** How the command line ends, and why. */

/** Documented by `gatehouse help`. */
export const exits = {
  done: 0,
  /** The server said no, or failed. */
  refused: 1,
  /** The command cannot be understood. */
  usage: 2,
  /** `import --dry-run` and `scripts shadow`: something would change. */
  wouldChange: 3,
  /** Nobody is signed in, or there is no server. */
  unreachable: 4,
} as const;

const failures = new WeakMap<Error, number>();

/** @param exit one of `exits` */
export function failure(exit: number, message: string): Error {
  const error = new Error(message);
  failures.set(error, exit);
  return error;
}

/** @returns undefined for what nobody foresaw */
export function exitOf(error: unknown): number | undefined {
  return error instanceof Error ? failures.get(error) : undefined;
}
