/** Scripts in the middle of a request: what of them counts, what is told of them, and what is done when they cannot be run. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { RunResult } from '../../../scripts-runtime/index.ts';
import { createPointScripts, type PointAsked } from '../../../server/extensions/point-script.service.ts';
import { createScriptExecutions } from '../../../server/extensions/script-execution.ts';
import { scriptId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { scriptServiceOn, scriptWords } from '../../support/kept-scripts.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { classicSource } from '../../support/script-compile.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('PointScripts', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });
  const left = {
    tape: {
      format: 1,
      script: 'a'.repeat(64),
      input: 'a'.repeat(64),
      seed: 'a'.repeat(64),
      mark: 'a'.repeat(16),
      at: 0,
      entries: [],
    },
    console: [],
    consoleTruncated: false,
    cpuMs: 1,
    wallMs: 1,
  } as const;

  /** @param results of the runs, one after the other; the last one again and again */
  async function bound(...results: readonly RunResult[]) {
    const clock = heldClock();
    const stores = storesOf(knex, clock);
    const { tenant, workspace } = await seedTenant(knex);
    const found = await stores.workspaces.find(tenant, workspace);
    assert.ok(found);
    await scriptServiceOn(knex).create(tenant, workspace, 'mint', { ...scriptWords, body: classicSource });
    const at = { tenantId: tenant, workspaceId: workspace, type: 'token_minting', target: workspace } as const;
    await stores.executionPoints.put({ ...at, scriptId: scriptId('mint') });
    let runs = 0;
    const { log, lines } = recordingLog();
    const points = createPointScripts({
      ...stores,
      executions: createScriptExecutions({
        run: () => Promise.resolve(results[Math.min(runs++, results.length - 1)] ?? { kind: 'busy', message: '' }),
        fetch: () => Promise.reject(new Error('nothing is fetched')),
        secrets: stores.secrets,
        values: stores.scriptValues,
        answers: stores.scriptAnswers,
        clock,
      }),
      unitOfWork: unitOfWorkOn(knex, clock),
      clock,
      log,
    });
    const asked: PointAsked = {
      workspace: found,
      point: 'token_minting',
      target: workspace,
      key: 'ada',
      input: () => ({ access_token: { email: 'ada@example.com' } }),
      metadata: {},
    };
    const events = async (): Promise<readonly string[]> => {
      const rows = await knex<{ tenant_id: string; payload: string; action: string }>('audit_events').where({
        tenant_id: tenant,
        action: 'executed',
      });
      return rows.map(({ payload }) => payload);
    };
    return {
      points,
      asked,
      events,
      lines,
      stores,
      place: { tenantId: tenant, workspaceId: workspace, id: scriptId('mint') },
    };
  }
  const well: RunResult = { kind: 'ok', output: { access_token: {} }, effects: [], ...left };
  const wrong: RunResult = { kind: 'error', fault: 'exception', message: 'about ada@example.com', stack: [], ...left };

  it('answer what the script returned, and tell of it only while it is debugged', async () => {
    const { points, asked, events, stores, place } = await bound(well);
    assert.deepEqual(await points.decide(asked), { kind: 'ok', output: { access_token: {} }, effects: [] });
    assert.deepEqual(await events(), []);
    await stores.scriptDebugs.put({ ...place, startedAt: noon, expiresAt: noon + 60_000 });
    await points.decide(asked);
    assert.match(String(await events()), /ada@example\.com/);
  });

  it('are nothing where none is bound', async () => {
    const { points, asked } = await bound(well);
    assert.deepEqual(await points.decide({ ...asked, target: 'another' }), { kind: 'none' });
  });

  it('fail with a reference, and without what was said of a person', async () => {
    const { points, asked, events, lines } = await bound(wrong);
    const answer = await points.decide(asked);
    assert.ok(answer.kind === 'failed');
    const [event = ''] = await events();
    assert.ok(event.includes(answer.reference));
    assert.ok(JSON.stringify(lines).includes(answer.reference));
    assert.doesNotMatch(event + JSON.stringify(lines), /ada@example/);
  });

  it('wait for a place, for a moment, and then fail', async () => {
    const busy: RunResult = { kind: 'busy', message: '' };
    const once = await bound(busy, busy, well);
    assert.equal((await once.points.decide(once.asked)).kind, 'ok');
    const never = await bound(busy);
    assert.equal((await never.points.decide(never.asked)).kind, 'failed');
  });
});
