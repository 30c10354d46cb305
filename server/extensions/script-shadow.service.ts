/** Shadow: a version held against logins that are over, one after the other, without anything being done. */
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Outbox } from '../kernel/events.ts';
import type { ScriptVersionId } from '../kernel/ids.ts';
import type { Page } from '../kernel/pagination.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Rehearsals, ScriptJudges } from './script-rehearsal.ts';
import type { ScriptRunInfo, ScriptRunQuery, ScriptRunStore } from './script-run.ts';
import { notComparable, verdictOn, type ShadowVerdict } from './script-shadow.ts';
import type { ScriptPlace, ScriptStore, ScriptVersion, VersionInfo } from './script.ts';
import type { Turns } from './turns.ts';

export interface ScriptShadowDeps {
  readonly scripts: Pick<ScriptStore, 'findVersion' | 'listVersions'>;
  readonly scriptRuns: Pick<ScriptRunStore, 'list' | 'read'>;
  readonly rehearsals: Rehearsals;
  readonly judges: ScriptJudges;
  readonly unitOfWork: UnitOfWork<{ readonly outbox: Outbox }>;
  readonly turns: Turns;
  readonly clock: Clock;
}

export interface Shadow {
  readonly version: ScriptVersionId;
  /** How many of the youngest logins that are over; 1 to `mostShadowed`. */
  readonly last: number;
}

export interface ScriptShadowService {
  /**
   * Who stops reading stops the work.
   * @returns a verdict on each login, youngest first; ends early after a quarter of an hour
   * @throws PlatformError when it is read: `not_found` without such a version, `too_many_requests`, `unavailable`
   */
  shadow(script: ScriptPlace, wanted: Shadow): AsyncGenerator<ShadowVerdict, ShadowEnd>;
}

export interface ShadowEnd {
  /** Whether every login was looked at that was asked for. */
  readonly isComplete: boolean;
}

export const mostShadowed = 10_000;
/** A version that hangs in each login would be at it for days. */
const longestMs = 15 * 60_000;
/** Runs of one shadow. */
const atOnce = 2;
const pageSize = 100;

export function createScriptShadowService(deps: ScriptShadowDeps): ScriptShadowService {
  const { scripts, scriptRuns, rehearsals, judges, clock } = deps;

  /** The oldest ones go first: where the one has gone that a page begins at, so have those before it. */
  async function pageOf(script: ScriptPlace, query: ScriptRunQuery): Promise<Page<ScriptRunInfo>> {
    try {
      return await scriptRuns.list(script, query);
    } catch (error) {
      if (!isPlatformError(error, 'unprocessable_entity')) throw error;
      return { items: [] };
    }
  }

  async function* runsOf(script: ScriptPlace, last: number): AsyncGenerator<ScriptRunInfo> {
    let after: ScriptRunInfo | undefined;
    for (let left = last; left > 0; left -= pageSize) {
      const limit = Math.min(left, pageSize);
      const cursor = after === undefined ? {} : { after: after.id };
      const { items } = await pageOf(script, { limit, order: 'desc', isEnded: true, ...cursor });
      yield* items;
      after = items.at(-1);
      if (items.length < limit) return;
    }
  }

  async function look(
    script: ScriptPlace,
    info: ScriptRunInfo,
    { before, after }: { readonly before: VersionInfo | undefined; readonly after: ScriptVersion },
  ): Promise<ShadowVerdict> {
    const run = await scriptRuns.read(script, info.id);
    if (run === undefined) return notComparable(info, 'gone');
    if (before === undefined) return notComparable(info, 'version_gone');
    // A classic script is a function of whatever context its point gives; a typed one is of one point.
    const { shape, point } = after.compiled;
    if (shape === 'typed' && point !== run.point) return notComparable(info, 'other_point');
    const again = await rehearsals.rehearse('shadow', run, after);
    if (again === undefined) return notComparable(info, 'tape_gone');
    return verdictOn({ run, info }, { before, after: after.compiled, again }, judges[run.point]);
  }

  /** A version that nobody published sees people's logins: that it did is told of. */
  const tell = ({ tenantId, workspaceId, id }: ScriptPlace, { version, last }: Shadow) =>
    deps.unitOfWork.run(({ outbox }) =>
      outbox.append({
        tenantId,
        workspaceId,
        subject: 'script',
        action: 'shadowed',
        metadata: {},
        payload: { script_shadowed: { script_id: id, version, last } },
      }),
    );

  return {
    async *shadow(script, wanted) {
      const after = await scripts.findVersion(script, wanted.version);
      if (after === undefined) throw new PlatformError('not_found', 'There is no such version.');
      const leave = deps.turns.take(script.tenantId);
      const working: Promise<ShadowVerdict>[] = [];
      const until = clock.now() + longestMs;
      try {
        await tell(script, wanted);
        const versions = new Map((await scripts.listVersions(script)).map((one) => [one.version, one]));
        for await (const info of runsOf(script, wanted.last)) {
          if (clock.now() >= until) return { isComplete: false };
          const one = look(script, info, { before: versions.get(info.version), after });
          // Told of when its turn comes.
          one.catch(() => undefined);
          working.push(one);
          const first = working.length < atOnce ? undefined : working.shift();
          if (first !== undefined) yield await first;
        }
        for (let first = working.shift(); first !== undefined; first = working.shift()) yield await first;
        return { isComplete: true };
      } finally {
        await Promise.allSettled(working);
        leave();
      }
    },
  };
}
