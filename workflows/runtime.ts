/** Temporal's native core, of which a process has one: quiet, and never listening to signals. */
import { DefaultLogger, Runtime } from '@temporalio/worker';

export type LogLevel = 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

let installed = false;

/**
 * Installs the core before anything uses it; the first caller's log stays. Left to itself it swallows SIGTERM, so that
 * a process neither ends nor drains.
 */
export function installRuntime(log: Log): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      log(level === 'ERROR' ? 'error' : 'warn', `temporal: ${message}`, meta);
    }),
    // A worker that lost its server retries by itself; the core would say so for each of its pollers.
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
}
