/** Scripts in the middle of a request: what of them counts, what is told of them, and what is done when they cannot be run. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { JsonValue, RunResult } from '../../../scripts-runtime/index.ts';
import { createPointRunKeeper } from '../../../server/extensions/point-run.service.ts';
import { createPointScripts, type PointAsked } from '../../../server/extensions/point-script.service.ts';
import { createScriptExecutions } from '../../../server/extensions/script-execution.ts';
import { clientId, interactionId, scriptId } from '../../../server/kernel/ids.ts';
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
    refused: { scopes: [], isComplete: true },
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
    const place = { tenantId: tenant, workspaceId: workspace, id: scriptId('mint') };
    const kept = { isSampled: true };
    let nth = 0;
    const { log, lines } = recordingLog();
    const unitOfWork = unitOfWorkOn(knex, clock);
    const runs = createPointRunKeeper({ unitOfWork, sample: () => (kept.isSampled ? 0 : 1), log });
    const points = createPointScripts({
      ...stores,
      executions: createScriptExecutions({
        run: () => Promise.resolve(results[Math.min(nth++, results.length - 1)] ?? { kind: 'busy', message: '' }),
        fetch: () => Promise.reject(new Error('nothing is fetched')),
        secrets: stores.secrets,
        values: stores.scriptValues,
        answers: stores.scriptAnswers,
        clock,
      }),
      ...{ runs, unitOfWork, clock },
      log,
    });
    const asked: PointAsked<{ readonly returned: JsonValue }> = {
      workspace: found,
      point: 'token_minting',
      target: workspace,
      key: 'ada',
      input: () => ({ access_token: { email: 'ada@example.com' } }),
      reader: { read: ({ output }) => (output === null ? 'nothing' : { returned: output }) },
      clientId: clientId('app'),
    };
    /** What is kept once nothing is on its way any more. */
    const keptRuns = async () => {
      await runs.close();
      const { items } = await stores.scriptRuns.list(place, { limit: 100, order: 'asc' });
      return Promise.all(items.map(({ id }) => stores.scriptRuns.read(place, id)));
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
      place,
      kept,
      keptRuns,
    };
  }
  const well: RunResult = { kind: 'ok', output: { access_token: {} }, effects: [], ...left };
  const wrong: RunResult = { kind: 'error', fault: 'exception', message: 'about ada@example.com', stack: [], ...left };

  it('are foreseen at several places by one statement, after which none is asked', async () => {
    const { points, asked } = await bound(well);
    const statements: string[] = [];
    const note = ({ sql }: { readonly sql: string }) => {
      if (sql.includes('script_execution_points')) statements.push(sql);
    };
    const places = [
      { type: 'token_minting', target: asked.target },
      { type: 'client_token_minting', target: 'app' },
    ] as const;
    knex.on('query', note);
    try {
      await points.foresee(asked.workspace, places);
      // Together, and at once: what was foreseen is believed for a second.
      const [own, ofClient] = await Promise.all([
        points.decide(asked),
        points.decide({ ...asked, point: 'client_token_minting', target: 'app' }),
      ]);
      assert.deepEqual(own, { kind: 'ok', value: { returned: { access_token: {} } } });
      assert.deepEqual(ofClient, { kind: 'none' });
    } finally {
      knex.removeListener('query', note);
    }
    assert.equal(statements.length, 1);
  });

  it('answer what the script returned, and tell of it only while it is debugged', async () => {
    const { points, asked, events, stores, place } = await bound(well);
    assert.deepEqual(await points.decide(asked), { kind: 'ok', value: { returned: { access_token: {} } } });
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

  const denied: RunResult = { kind: 'denied', reason: 'about ada@example.com', details: {}, ...left };

  it('are kept as runs: what passed once its request was answered, and what did not before it is', async () => {
    const { points, asked, keptRuns, place } = await bound(well, denied, wrong);
    await points.decide({ ...asked, interactionId: interactionId('the-login') });
    await points.decide(asked);
    const failed = await points.decide(asked);
    const [passed, ...others] = await keptRuns();
    assert.deepEqual([passed, ...others].map((run) => run?.end?.outcome).sort(), ['denied', 'failed', 'passed']);
    const runs = [passed, ...others];
    const one = runs.find((run) => run?.end?.outcome === 'passed');
    assert.deepEqual(
      [one?.interactionId, one?.clientId, one?.point, one?.scriptId, one?.slices],
      ['the-login', 'app', 'token_minting', place.id, 1],
    );
    assert.deepEqual(one?.input, { access_token: { email: 'ada@example.com' } });
    const other = runs.find((run) => run?.end?.outcome === 'failed');
    assert.ok(failed.kind === 'failed');
    assert.equal(other?.id, failed.reference, 'the reference is that of the run');
    assert.equal(String(other.interactionId), other.id, 'it belongs to no login');
    const rows: readonly unknown[] = await knex('script_runs').where({ tenant_id: place.tenantId });
    assert.doesNotMatch(JSON.stringify(rows), /ada@example/, 'what was said of a person is sealed');
  });

  it('are kept each time that the page of a login is asked for', async () => {
    const { points, asked, keptRuns } = await bound(well);
    const login = { ...asked, interactionId: interactionId('the-same-login') };
    await points.decide(login);
    await points.decide(login);
    assert.equal((await keptRuns()).length, 2);
  });

  it('that pass are a sample, and those that do not are kept all', async () => {
    const { points, asked, kept, keptRuns } = await bound(well, well, wrong, denied, wrong);
    await points.decide(asked);
    kept.isSampled = false;
    for (const _each of [1, 2, 3, 4]) await points.decide(asked);
    const outcomes = (await keptRuns()).map((run) => run?.end?.outcome);
    assert.deepEqual(outcomes.sort(), ['denied', 'failed', 'failed', 'passed']);
  });

  it('fail by what they return, if their point cannot use it', async () => {
    const { points, asked, keptRuns } = await bound({ ...well, output: null });
    assert.equal((await points.decide(asked)).kind, 'failed');
    const [run] = await keptRuns();
    assert.deepEqual(run?.end?.result, { kind: 'error', fault: 'exception', message: 'nothing', stack: [] });
  });

  it('wait for a place, for a moment, and then fail', async () => {
    const busy: RunResult = { kind: 'busy', message: '' };
    const once = await bound(busy, busy, well);
    assert.equal((await once.points.decide(once.asked)).kind, 'ok');
    const never = await bound(busy);
    assert.equal((await never.points.decide(never.asked)).kind, 'failed');
  });
});
