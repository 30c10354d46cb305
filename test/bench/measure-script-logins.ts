/** What a script adds to a whole login: the same platform with one bound and with none, in turn. */
import { createScriptService } from '../../server/extensions/script.service.ts';
import { defaultPlace } from '../../server/extensions/execution-point.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { scriptId } from '../../server/kernel/ids.ts';
import { loginSteps } from './login.ts';
import { benchTenant, benchWorkspace, inPlace } from './place.ts';
import type { Result } from './result.ts';
import { interleaved, type Setting } from './setting.ts';
import { median, ratioOf } from './statistics.ts';

/** It asks nobody: what services of an integrator's take is theirs. */
const body = 'module.exports = async (context) => ({ authn_ctx: { ...context.authn_ctx, tier: 1 } });';
const id = scriptId('bench-login');
/** A login takes ten times what a script adds to it, and a machine that others use is not the same a minute later. */
const turns = 4;
const bound = { ...defaultPlace({ tenantId: benchTenant, workspaceId: benchWorkspace }), scriptId: id };

export async function measureScriptLogins({ platform, load, size }: Setting): Promise<readonly Result[]> {
  return inPlace(platform.place, async ({ unitOfWork, scriptCompiler: compiler, stores }) => {
    const words = { name: 'Tier', envVersion: '', testInput: '', body };
    const service = createScriptService({ unitOfWork, compiler, clock });
    await service.create(benchTenant, benchWorkspace, id, words);
    const count = Math.ceil(size.loginsInTurn / turns);
    /** @returns how long whole logins took, one at a time. Milliseconds */
    const logins = async (): Promise<readonly number[]> => {
      const { took } = await load.run({ kind: 'logins', target: platform.target, count, concurrency: 1 });
      const each = (nth: number): number => loginSteps.reduce((sum, step) => sum + (took[step]?.[nth] ?? 0), 0);
      return Array.from({ length: count }, (_, nth) => each(nth));
    };
    try {
      const { scripted, plain } = await interleaved(size.rounds * turns, {
        async scripted() {
          await stores.executionPoints.put(bound);
          return logins();
        },
        async plain() {
          await stores.executionPoints.remove(bound);
          return logins();
        },
      });
      const [withOne, without] = [median(scripted.flat()), median(plain.flat())];
      return [
        {
          name: 'scripts.login',
          value: withOne,
          unit: 'ms',
          bare: without,
          ratio: ratioOf(scripted.map(median), plain.map(median)),
        },
        { name: 'scripts.login.added', value: withOne - without, unit: 'ms', bar: { of: 'value', atMost: 10 } },
      ];
    } finally {
      await stores.executionPoints.remove(bound);
    }
  });
}
