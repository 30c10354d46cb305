/** Extension point `sweeps` (contribute): rows of a plugin that are over one day, removed a little at a time. */
import type { PluginHost } from './host.ts';

export interface SweepContribution {
  /** Unique in its plugin; for the log. */
  readonly id: string;
  /** Removes up to `limit` rows that are over at `now` (milliseconds since the epoch). @returns how many */
  run(host: PluginHost, now: number, limit: number): Promise<number>;
}
