/** Runs over again, from their tapes alone: nothing is asked of anybody, and nothing of it is kept. */
import type {
  ExecutionPoint,
  JsonObject,
  RunMode,
  RunOutcome,
  RunRequest,
  RunResult,
} from '../../scripts-runtime/index.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Left } from './run-end.ts';
import { createScriptExecutions, type Executed } from './script-execution.ts';
import type { ScriptAnswerStore, ScriptRun, ScriptRunEnd } from './script-run.ts';
import type { ScriptVersion, VersionInfo } from './script.ts';
import type { SecretStore } from './secret.ts';

/** How results are read where scripts run: what a login or a request makes of one is not for scripts to say. */
export interface ScriptJudge {
  endOf(
    script: Pick<VersionInfo, 'shape' | 'manifest'>,
    ended: Exclude<RunOutcome, { kind: 'suspended' }>,
    left?: Left,
  ): Omit<ScriptRunEnd, 'at'>;
  /** What was taken over, by name; undefined where nothing let it pass. @param end as it is kept */
  changesOf(
    script: Pick<VersionInfo, 'shape' | 'manifest'>,
    end: Pick<ScriptRunEnd, 'result' | 'refused'>,
  ): JsonObject | undefined;
}
export type ScriptJudges = Readonly<Record<ExecutionPoint, ScriptJudge>>;

export interface RehearsalDeps {
  /** Of a runtime that no login waits for. */
  readonly run: (request: RunRequest) => Promise<RunResult>;
  /** As they are today: on a tape stands that a secret was used, and never the secret. */
  readonly secrets: Pick<SecretStore, 'open'>;
  readonly answers: Pick<ScriptAnswerStore, 'find'>;
}

export type Rehearsed = Exclude<Executed, { kind: 'busy' }>;

export interface Rehearsals {
  /**
   * @param version the one that made the tape, or for `shadow` any
   * @returns undefined where a part of the tape is not there any more
   * @throws PlatformError `unavailable`
   */
  rehearse(mode: Exclude<RunMode, 'live'>, run: ScriptRun, version: ScriptVersion): Promise<Rehearsed | undefined>;
}

/** Members that `event` has by now and did not have when some of the runs that are kept were recorded. */
const laterMembers: Readonly<Partial<Record<ExecutionPoint, readonly string[]>>> = { post_authn_ctx: ['stats'] };

/** Another version may read what its login's own did not know; to that one it was not there, and in a replay it is not. */
function absentFrom({ point, input }: ScriptRun, mode: RunMode): readonly string[] {
  return mode === 'shadow' ? (laterMembers[point] ?? []).filter((name) => !Object.hasOwn(input, name)) : [];
}

const refused = (): Promise<never> => Promise.reject(new Error('a tape answers this, or nobody does'));

export function createRehearsals({ run, secrets, answers }: RehearsalDeps): Rehearsals {
  return {
    async rehearse(mode, kept, version) {
      const tape = { isTorn: false };
      const executions = createScriptExecutions({
        run: (request) => run({ ...request, mode, absent: absentFrom(kept, mode) }),
        secrets,
        // The runtime asks none of these of a tape that is played; that it cannot is said here once more.
        fetch: refused,
        values: { get: refused, set: refused, increase: refused },
        answers: {
          put: refused,
          async find(...of) {
            const answer = await answers.find(...of);
            tape.isTorn ||= answer === undefined;
            return answer;
          },
        },
        clock: { now: () => 0 },
      });
      const { point, input } = kept;
      const workspace = { settings: { script_allowed_hosts: [] } };
      try {
        const executed = await executions.run({ version, point, workspace, input, kept });
        if (executed.kind !== 'busy') return executed;
        throw new PlatformError('unavailable', 'Scripts cannot run just now: try again in a moment.', {
          cause: executed.message,
          retryAfterSeconds: 5,
        });
      } catch (error) {
        if (tape.isTorn) return undefined;
        throw error;
      }
    },
  };
}
