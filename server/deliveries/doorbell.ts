/** Says within a process that there is something to look for, so that nobody waits until the next look. */

export interface Doorbell {
  ring(): void;
  /** How often it rang. */
  rings(): number;
  /**
   * Until it rings, or the time is over, or nobody waits any more; not at all where it rang since.
   * @param since what `rings` said before the last look
   * @param ms does not keep the process alive
   */
  rest(since: number, ms: number, signal: AbortSignal): Promise<void>;
}

export function createDoorbell(): Doorbell {
  let count = 0;
  const waiting = new Set<() => void>();
  return {
    ring() {
      count += 1;
      for (const wake of [...waiting]) wake();
    },
    rings: () => count,
    rest: (since, ms, signal) =>
      new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, ms).unref();
        waiting.add(wake);
        signal.addEventListener('abort', wake);
        if (count !== since || signal.aborted) wake();
      }),
  };
}
