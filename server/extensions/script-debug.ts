/** A time for which each run of a script is told with what it was given and what it said. */
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { ScriptPlace } from './script.ts';

export interface ScriptDebug extends ScriptPlace {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly expiresAt: number;
}

/** What is over is never answered. @param now milliseconds since the epoch */
export interface ScriptDebugStore {
  find(place: ScriptPlace, now: number): Promise<ScriptDebug | undefined>;
  /** All of a workspace, by script. */
  list(tenant: TenantId, workspace: WorkspaceId, now: number): Promise<readonly ScriptDebug[]>;
  /** In the place of what was there. @throws PlatformError `not_found` without such a script */
  put(debug: ScriptDebug): Promise<void>;
  remove(place: ScriptPlace): Promise<void>;
}

/** Published: from a minute to an hour. Milliseconds. */
export const debugBounds = { least: 60_000, most: 3_600_000 } as const;
