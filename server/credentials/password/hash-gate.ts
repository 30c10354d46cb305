/** Keeps hashing within bounds: so many at once, so many waiting, and everybody beyond is told to come back. */
import { PlatformError } from '../../kernel/errors.ts';

export interface HashGate {
  /** @throws PlatformError `unavailable` at once when the queue is full */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * @param concurrency works that run at the same time
 * @param waiting works that may wait beside them, first come, first served
 */
export function createHashGate({ concurrency, waiting }: { concurrency: number; waiting: number }): HashGate {
  const queue: (() => void)[] = [];
  let running = 0;

  return {
    async run(work) {
      if (running < concurrency) {
        running += 1;
      } else {
        if (queue.length >= waiting) {
          throw new PlatformError('unavailable', 'Too many people are signing in: try again in a moment.', {
            retryAfterSeconds: 2,
          });
        }
        // Whoever leaves hands over their place, so `running` stays as it is.
        await new Promise<void>((enter) => queue.push(enter));
      }
      try {
        return await work();
      } finally {
        const next = queue.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}
