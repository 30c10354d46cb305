/** The first start of the development server: one that ends by itself before it serves is tried again, so often and no more. */
import { setTimeout as delay } from 'node:timers/promises';
import { TemporalUnavailable } from './errors.ts';
import type { TemporalProcess } from './temporal-process.ts';

/** The server picks further ports by itself, and somebody may take one before it listens: three times, that is no chance. */
export const mostStarts = 3;

export interface FirstStart {
  /** Asked before each further start. @throws where it cannot go well, e.g. because a port that we chose is taken */
  readonly mayStart: () => Promise<void>;
  /** Told in one line why it is started again. */
  readonly onProgress: (line: string) => void;
  readonly pauseMs?: number;
}

/** @throws what the last start throws; at once where the server did not end by itself, or what `mayStart` throws */
export async function startPatiently(
  start: () => Promise<TemporalProcess>,
  { mayStart, onProgress, pauseMs = 250 }: FirstStart,
): Promise<TemporalProcess> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof TemporalUnavailable && error.endedEarly) || starts >= mostStarts) throw error;
      await delay(pauseMs);
      await mayStart();
      onProgress(`${error.message}; it is started again.`);
    }
  }
}
