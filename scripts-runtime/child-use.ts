/** Lends children to work: in turn, and for as long as it takes. */
import type { Child } from './child-process.ts';
import { startChild } from './child-process.ts';
import { createFairQueue } from './fair-queue.ts';
import { launchOf } from './launch.ts';
import { createPool } from './pool.ts';
import { loadProgram } from './program.ts';
import type { Program } from './program.ts';
import type { ScriptsRuntimeOptions } from './runtime.ts';

/** `busy` before anything was done; `none` when no child could be started. */
export type Lent<T> =
  { readonly kind: 'done'; readonly value: T } | { readonly kind: 'busy' | 'none'; readonly message: string };

export interface ChildUse {
  /**
   * @param work with children of the tenant: it may ask for another one when one has died
   */
  with<T>(tenant: string, work: (next: () => Promise<Child>) => Promise<T>): Promise<Lent<T>>;
  stop(withinMs: number): Promise<void>;
}

const defaults = { children: 6, queuePerTenant: 100, runsPerChild: 500, maxMb: 256 };

class NoChild extends Error {}

/** @throws Error when the first child does not start */
export async function createChildUse(options: ScriptsRuntimeOptions, made?: Program): Promise<ChildUse> {
  const children = options.children ?? defaults.children;
  const program = made ?? (await loadProgram());
  const launch = launchOf(options.isolation ?? 'namespaces', program.addon);
  const pool = createPool({
    start: () => startChild(launch, program),
    children,
    runsPerChild: options.runsPerChild ?? defaults.runsPerChild,
    maxMb: defaults.maxMb,
    onEnd({ kind, detail }, tenant) {
      options.onIncident?.({ kind: kind === 'memory' ? 'crashed' : kind, tenant, detail });
    },
  });
  const queue = createFairQueue({
    places: children,
    // One tenant's scripts never have every child: another's finds one free.
    placesPerTenant: Math.max(1, children - 1),
    waitingPerTenant: options.queuePerTenant ?? defaults.queuePerTenant,
  });
  await pool.warm();
  return {
    async with(tenant, work) {
      const leave = await queue.enter(tenant);
      if (!leave) return { kind: 'busy', message: 'too many scripts of this tenant wait to be run' };
      const taken: Child[] = [];
      try {
        const next = async (): Promise<Child> => {
          const child = await pool.take(tenant).catch((cause: unknown) => {
            throw new NoChild('no process for the script could be started', { cause });
          });
          taken.push(child);
          return child;
        };
        return { kind: 'done', value: await work(next) };
      } catch (error) {
        if (!(error instanceof NoChild)) throw error;
        options.onIncident?.({ kind: 'start_failed', tenant, detail: String(error.cause) });
        return { kind: 'none', message: error.message };
      } finally {
        for (const child of taken) pool.giveBack(child, !child.isGone());
        leave();
      }
    },
    async stop(withinMs) {
      queue.close();
      const late = Promise.withResolvers<undefined>();
      const timer = setTimeout(late.resolve, withinMs, undefined);
      await Promise.race([queue.idle(), late.promise]);
      clearTimeout(timer);
      await pool.stop();
    },
  };
}
