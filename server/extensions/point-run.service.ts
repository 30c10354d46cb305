/** Runs within requests, as they are kept: every one that did not pass, and of those that did so many that the last can be looked at. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { ExecutionPoint } from '../../scripts-runtime/index.ts';
import type { Log } from '../kernel/log.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { LongAnswers } from './script-host.ts';
import type { ScriptAnswerStore, ScriptRun, ScriptRunOutcome, ScriptRunStore } from './script-run.ts';
import type { ScriptPlace } from './script.ts';

export interface PointRunStores {
  readonly scriptRuns: Pick<ScriptRunStore, 'insertOnce' | 'removeBeyond'>;
  readonly scriptAnswers: Pick<ScriptAnswerStore, 'put'>;
}

/** A run and what was too long for its tape. */
export interface PointRun {
  readonly run: ScriptRun;
  readonly longAnswers: LongAnswers;
}

export interface PointRunKeeper {
  /** Writes it after the answer to its request, or not at all: of a script that runs often a sample is kept. */
  offer(script: ScriptPlace, point: ExecutionPoint, make: () => PointRun): void;
  /** That one was written: once in a while the oldest ones go. */
  wasKept(run: ScriptRun): void;
  /** Resolves when nothing is on its way any more. */
  close(): Promise<void>;
}

/** Rows of one script at one point, by how it ended. */
export const mostPointRuns: Readonly<Record<ScriptRunOutcome, number>> = {
  passed: 1000,
  denied: 10_000,
  failed: 10_000,
  continued: 10_000,
};
/** Above which the oldest ones are looked for after so many were written. */
const betweenRemovals = 100;

/** Of one run, in bytes: strangers make requests. What is longer is not there for a replay, which says so. */
const longestAnswers = 256 * 1024;

/** On their way at once. */
const mostOnTheirWay = 50;

/** In the transaction that tells of it, where there is one. */
export async function keepPointRun(stores: PointRunStores, { run, longAnswers }: PointRun): Promise<void> {
  await stores.scriptRuns.insertOnce(run);
  let left = longestAnswers;
  for (const [sha256, bytes] of longAnswers) {
    left -= bytes.length;
    if (left < 0) return;
    await stores.scriptAnswers.put(run.tenantId, run.workspaceId, run.id, sha256, bytes);
  }
}

export function createPointRunKeeper(deps: {
  readonly unitOfWork: UnitOfWork<PointRunStores>;
  /** Which of those that passed are kept, by script and point: token endpoints are asked often. @returns 0 for one that is */
  readonly sample: (key: string) => number;
  readonly log: Pick<Log, 'warn'>;
}): PointRunKeeper {
  const { unitOfWork, log } = deps;
  const written = new LRUCache<string, number>({ max: 10_000 });
  let last = Promise.resolve();
  let onTheirWay = 0;

  function later(work: (stores: PointRunStores) => Promise<unknown>): void {
    onTheirWay += 1;
    last = last
      .then(() => nextTurn())
      .then(() => unitOfWork.run(work))
      .then(
        () => undefined,
        (err: unknown) => {
          log.warn({ err }, 'a run of a script could not be kept');
        },
      )
      .finally(() => {
        onTheirWay -= 1;
      });
  }

  function wasKept({ tenantId, workspaceId, scriptId: id, point, end }: ScriptRun): void {
    if (end === undefined) return;
    const { outcome } = end;
    const key = JSON.stringify([tenantId, workspaceId, id, point, outcome]);
    const count = written.get(key) ?? 0;
    written.set(key, count + 1);
    // With the first one too: a process may end before it has written so many.
    if (count % betweenRemovals !== 0) return;
    const script = { tenantId, workspaceId, id };
    later(({ scriptRuns }) => scriptRuns.removeBeyond(script, { point, outcome }, mostPointRuns[outcome]));
  }

  return {
    offer({ tenantId, workspaceId, id }, point, make) {
      if (onTheirWay >= mostOnTheirWay) return;
      if (deps.sample(JSON.stringify([tenantId, workspaceId, id, point])) > 0) return;
      const kept = make();
      later(async (stores) => {
        await keepPointRun(stores, kept);
        wasKept(kept.run);
      });
    },

    wasKept,

    async close() {
      while (onTheirWay > 0) await last;
    },
  };
}
