/** What the platform does on a script's behalf: where nothing of it outlives the run, and where it does. */
import { randomBytes } from 'node:crypto';
import type { ScriptHost } from '../../scripts-runtime/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ScriptId, ScriptRunId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { ScriptAnswerStore, ScriptValuePlace, ScriptValueStore } from './script-run.ts';

export interface HostParts {
  /** Guarded: it reaches no private address, and follows no redirect by itself. */
  readonly fetch: ScriptHost['fetch'];
  readonly clock: Clock;
}

const common = ({ fetch, clock }: HostParts): Pick<ScriptHost, 'fetch' | 'now' | 'randomBytes'> => ({
  fetch,
  now: () => clock.now(),
  randomBytes: (length) => randomBytes(length),
});

/** Answers that are too long for a tape, by the SHA-256 of their bytes. */
export type LongAnswers = ReadonlyMap<string, Uint8Array>;

/** Those of a run that nobody resumes: it reads them back itself, and they are gone with it unless they are written down. */
export function createPassingSpill(): ScriptHost['spill'] & { readonly answers: LongAnswers } {
  const answers = new Map<string, Uint8Array>();
  return {
    answers,
    put: (sha256, bytes) => Promise.resolve(void answers.set(sha256, bytes)),
    get: (sha256) => Promise.resolve(answers.get(sha256)),
  };
}

/** Those of a run whose row is there. */
export function createKeptSpill(
  answers: ScriptAnswerStore,
  { tenantId, workspaceId }: ScriptOwner,
  run: ScriptRunId,
): ScriptHost['spill'] {
  return {
    put: (sha256, bytes) => answers.put(tenantId, workspaceId, run, sha256, bytes),
    get: (sha256) => answers.find(tenantId, run, sha256),
  };
}

/** For trying a script out. */
export function createPassingHost(parts: HostParts): ScriptHost {
  const values = new Map<string, string>();
  return {
    ...common(parts),
    cache: {
      get: (key) => Promise.resolve(values.get(key)),
      set: (key, value) => Promise.resolve(void values.set(key, value)),
      incr(key, by) {
        const next = Number(values.get(key) ?? 0) + by;
        values.set(key, String(next));
        return Promise.resolve(next);
      },
    },
    spill: createPassingSpill(),
  };
}

export interface KeepingHostParts extends HostParts {
  readonly values: ScriptValueStore;
}

/** Whose script runs. */
export interface ScriptOwner {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly scriptId: ScriptId;
}

export function createKeepingHost(parts: KeepingHostParts, owner: ScriptOwner, spill: ScriptHost['spill']): ScriptHost {
  const { values, clock } = parts;
  const at = (key: string): ScriptValuePlace => ({ ...owner, key });
  const until = (ttlSeconds: number): number => clock.now() + ttlSeconds * 1000;
  return {
    ...common(parts),
    cache: {
      get: (key) => values.get(at(key), clock.now()),
      set: (key, value, ttl) => values.set(at(key), value, until(ttl), clock.now()),
      incr: (key, by, ttl) => values.increase(at(key), by, until(ttl), clock.now()),
    },
    spill,
  };
}
