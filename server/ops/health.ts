/** Whether the process lives, and whether it can serve: `/alive` and `/health`. */
import { Router } from 'express';
import type { Clock } from '../kernel/clock.ts';

/** Resolves when the thing answers, rejects when it does not. */
export type Check = () => Promise<void>;

export interface HealthDeps {
  readonly database: Check;
  readonly temporal: Check;
  readonly clock: Clock;
  /** How long a check may take. Milliseconds. */
  readonly timeoutMs?: number;
  /** How long its answer is good for. Milliseconds. */
  readonly cacheMs?: number;
}

type Finding = 'ok' | 'unavailable';

/** Within the time allowed; the timer never keeps the process alive. */
async function withinTime(running: Promise<Finding>, timeoutMs: number): Promise<Finding> {
  const timeout = Promise.withResolvers<Finding>();
  const timer = setTimeout(() => {
    timeout.resolve('unavailable');
  }, timeoutMs);
  timer.unref();
  const finding = await Promise.race([running, timeout.promise]);
  clearTimeout(timer);
  return finding;
}

/** Asks at most once at a time and once a second: a check that hangs is waited for by nobody and never started twice. */
function remembered(check: Check, { clock, timeoutMs = 1000, cacheMs = 1000 }: HealthDeps): () => Promise<Finding> {
  let running: Promise<Finding> | undefined;
  let last: { readonly finding: Promise<Finding>; readonly at: number } | undefined;
  const run = async (): Promise<Finding> => {
    try {
      await check();
      return 'ok';
    } catch {
      return 'unavailable';
    } finally {
      running = undefined;
    }
  };
  return () => {
    if (last && clock.now() - last.at < cacheMs) return last.finding;
    running ??= run();
    last = { finding: withinTime(running, timeoutMs), at: clock.now() };
    return last.finding;
  };
}

/**
 * Without Temporal no new login starts, but sessions and tokens go on: that is `degraded`, and 200, so that balancers keep
 * the process. Without the database nothing goes on: 503.
 */
export function healthRoutes(deps: HealthDeps): Router {
  const database = remembered(deps.database, deps);
  const temporal = remembered(deps.temporal, deps);
  return Router()
    .get('/alive', (_req, res) => {
      res.set('Cache-Control', 'no-store').json({ status: 'ok' });
    })
    .get('/health', async (_req, res) => {
      const [databaseIs, temporalIs] = await Promise.all([database(), temporal()]);
      const degraded = temporalIs === 'ok' ? 'ok' : 'degraded';
      const status = databaseIs === 'ok' ? degraded : 'unavailable';
      res
        .status(databaseIs === 'ok' ? 200 : 503)
        .set('Cache-Control', 'no-store')
        .json({ status, checks: { database: databaseIs, temporal: temporalIs } });
    });
}
