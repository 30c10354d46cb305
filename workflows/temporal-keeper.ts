/** Keeps the development server there: one that dies is started again where it was, until it dies again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import { TemporalUnavailable } from './errors.ts';
import type { TemporalProcess } from './temporal-process.ts';

/** Who hears of a server that died. */
export interface Watcher {
  /** Told in one line that it ended and is started again. */
  readonly onCrash: (line: string) => void;
  /** Told, once, that it is not started again: the message is one sentence that says what to do. */
  readonly onGivenUp: (error: TemporalUnavailable) => void;
}

export interface KeptProcess {
  /** Of the server that runs now, or that ran last. */
  readonly pid: number;
  /** Stops it for good, also while it is being started. */
  stop(): Promise<void>;
}

/** So many ends without a calm minute between them, and nobody believes in the next start. */
export const mostCrashes = 5;
/** Who served for so long did not fail at its start: its end counts as the first. Milliseconds. */
export const calmMs = 60_000;
const longestPauseMs = 8000;

/**
 * Where a server that serves ends without being stopped, starts it again after a pause that doubles each time.
 * @param start rejects when the signal asks it to stop before the server serves
 */
export function keepRunning(
  first: TemporalProcess,
  start: (signal: AbortSignal) => Promise<TemporalProcess>,
  { onCrash, onGivenUp }: Watcher,
  { firstPauseMs = 250, now = Date.now }: { readonly firstPauseMs?: number; readonly now?: () => number } = {},
): KeptProcess {
  const stopping = new AbortController();
  const { signal } = stopping;
  let since = now();
  let current = first;

  /** @returns how its next life ended, be it before it served */
  const liveAgain = async (): Promise<string> => {
    since = now();
    try {
      current = await start(signal);
      // Asked to stop in the moment in which it began to serve.
      if (isStopping(signal)) await current.stop();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return current.ended;
  };

  const watch = async (): Promise<void> => {
    let crashes = 0;
    let how = await current.ended;
    while (!signal.aborted) {
      crashes = now() - since >= calmMs ? 1 : crashes + 1;
      if (crashes >= mostCrashes) {
        const message = `Temporal ended ${String(crashes)} times, never later than a minute after its start, and is not started again (${how}): look at the space and memory of this machine and at temporal.db in DATA_DIR, or set TEMPORAL_ADDRESS to a cluster that runs.`;
        onGivenUp(new TemporalUnavailable(message));
        return;
      }
      onCrash(`Temporal ended (${how}) and is started again.`);
      const pauseMs = Math.min(firstPauseMs * 2 ** (crashes - 1), longestPauseMs);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      if (!isStopping(signal)) how = await liveAgain();
    }
  };

  const watching = watch();
  return {
    get pid() {
      return current.pid;
    },
    async stop() {
      stopping.abort();
      await current.stop();
      await watching;
    },
  };
}

/** Asked after an await: the type checker believes what it knew before. */
function isStopping(signal: AbortSignal): boolean {
  return signal.aborted;
}
