/** Runs of real logins, run again: the same byte for byte, and nothing of it leaves the process. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { RunFault } from '../../../scripts-runtime/index.ts';
import {
  createScriptReplayService,
  type ScriptReplayService,
} from '../../../server/extensions/script-replay.service.ts';
import type { ScriptRun, ScriptRunEnd } from '../../../server/extensions/script-run.ts';
import { isSqlite } from '../../../server/db/knex.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { newId, scriptId, scriptRunId, secretId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import {
  freeTurns,
  judges,
  openRecordedRuns,
  riskScript,
  scoreOf,
  type RecordedRuns,
} from '../../support/recorded-runs.ts';
import { testRuntime, typed, type ScriptsRuntime } from '../../support/scripts.ts';

onEachDatabase('ScriptReplayService', (open) => {
  let runtime: ScriptsRuntime;
  let knex: Knex;
  let recorded: RecordedRuns;
  let service: ScriptReplayService;
  before(async function () {
    this.timeout(60_000);
    runtime = await testRuntime({ children: 2 });
    knex = await open();
  });
  after(() => runtime.stop());
  beforeEach(async () => {
    recorded = await openRecordedRuns(knex, runtime);
    const { scripts, scriptRuns } = recorded.house.stores;
    service = createScriptReplayService({
      ...{ scripts, scriptRuns, rehearsals: recorded.rehearsals, judges },
      turns: freeTurns(),
    });
  });
  const replay = (run: ScriptRun) => service.replay(recorded.place, run.id);
  const rowsNow = async () => {
    const tables = ['script_runs', 'script_run_answers', 'script_values', 'proofs', 'audit_events', 'outbox'];
    const all: unknown[] = [];
    for (const table of tables) all.push(await knex(table).where({ tenant_id: recorded.place.tenantId }));
    return JSON.stringify(all);
  };

  it('gives the same for logins of every kind, denied and let pass, asleep and away, and changes no row', async function () {
    this.timeout(120_000);
    await recorded.publish(riskScript(90));
    // Rows are as slow as the database; what runs on them is the same.
    const logins = isSqlite(knex) ? 210 : 30;
    const runs: ScriptRun[] = [];
    for (let nth = 2; nth < logins; nth++) runs.push(await recorded.record(scoreOf(nth)));
    // Those that wait and are denied then are few.
    for (const score of [91, 100]) runs.push(await recorded.record(score));
    const outcomes = new Set(runs.map(({ end, slices }) => `${String(end?.outcome)} ${String(slices)}`));
    assert.deepEqual([...outcomes].sort(), ['denied 1', 'denied 2', 'passed 1', 'passed 2']);
    assert.equal(recorded.sent.length, logins);
    const before = await rowsNow();
    for (const run of runs) {
      const { differs, outcome, fault } = await replay(run);
      assert.deepEqual([differs, outcome, fault], [[], run.end?.outcome, undefined], run.id);
    }
    assert.equal(recorded.sent.length, logins, 'nothing was fetched again');
    assert.equal(await rowsNow(), before);
  });

  it('gives the same for a classic script, and for failures of each kind', async function () {
    this.timeout(60_000);
    const sources = [
      `module.exports = async (context) => ({ authn_ctx: { key: context.secrets.KEY, lucky: Math.random(), at: Date.now() } });`,
      `module.exports = async () => { await fetch('https://nowhere.example.com/'); };`,
      `module.exports = async () => {\n  throw new Error('no luck at ' + Math.random());\n};`,
      'module.exports = async () => {};',
      'module.exports = async () => { for (;;); };',
      'module.exports = async () => { const all = []; for (;;) all.push(new Array(2000000).fill(1)); };',
      typed(`await api.redirect('not-there', {});`, `effects: ['redirect'],`),
      typed(`api.claims.set('a', 1); throw new Error('down');`, `effects: ['claims'], onError: 'continue',`),
    ];
    for (const source of sources) {
      await recorded.publish(source);
      const run = await recorded.record(1);
      const { differs, outcome } = await replay(run);
      assert.deepEqual(differs, [], source);
      if (!source.includes('not-there')) assert.equal(outcome, run.end?.outcome, source);
    }
  });

  it('stops where its login still waits, in the sleep and away', async () => {
    await recorded.publish(riskScript(90));
    for (const score of [10, 11]) {
      const run = await recorded.runOf(await recorded.login(score));
      assert.equal(run.end, undefined);
      const { differs, outcome } = await replay(run);
      assert.deepEqual([differs, outcome], [[], undefined]);
    }
  });

  it('reads long answers back that are not on the tape, and says where they are gone', async () => {
    await recorded.publish(riskScript(90));
    const run = await recorded.record(100);
    const [spilled] = run.tape.entries;
    assert.equal(spilled?.answer?.kind, 'spilled');
    assert.deepEqual((await replay(run)).differs, []);
    await knex('script_run_answers').where({ run_id: run.id }).delete();
    await assert.rejects(replay(run), (error) => isPlatformError(error, 'conflict'));
  });

  it('finds what was changed in a run that is kept', async () => {
    await recorded.publish(riskScript(90));
    const run = await recorded.record(5);
    const change = async (changed: Partial<ScriptRun>) => {
      const other = { ...run, ...changed };
      const { scripts } = recorded.house.stores;
      const scriptRuns = { read: () => Promise.resolve(other) };
      const turns = freeTurns();
      const own = createScriptReplayService({ scripts, scriptRuns, rehearsals: recorded.rehearsals, judges, turns });
      return own.replay(recorded.place, run.id);
    };
    assert.ok(run.end?.result.kind === 'ok');
    const [first, ...rest] = run.end.result.effects;
    assert.ok(first?.effect === 'claims');
    const effects = [{ ...first, value: 6 }, ...rest];
    assert.deepEqual((await change({ end: { ...run.end, result: { ...run.end.result, effects } } })).differs, [
      'result',
    ]);
    assert.deepEqual((await change({ console: [] })).differs, ['console']);
    const [asked, ...others] = run.tape.entries;
    assert.ok(asked);
    const entries = [{ ...asked, request: asked.request.replace('risk.example', 'else.example') }, ...others];
    const diverged = await change({ tape: { ...run.tape, entries } });
    assert.deepEqual([diverged.differs.includes('result'), diverged.fault], [true, 'diverged']);
  });

  it('takes a script that ran out of one thing for the same as one that ran out of another, and no other failure', async () => {
    await recorded.publish('module.exports = async () => { for (;;); };');
    const run = await recorded.record(1);
    assert.ok(run.end?.result.kind === 'error' && run.end.result.fault === 'cpu');
    const expected: Partial<Record<RunFault, readonly string[]>> = {
      ...{ memory: [], timeout: [] },
      ...{ exception: ['result'], limit: ['result'] },
    };
    for (const [fault, differs] of Object.entries(expected)) {
      const result = { ...run.end.result, fault: fault as RunFault, message: 'as it was there' };
      const end: ScriptRunEnd = { ...run.end, result };
      const scriptRuns = { read: () => Promise.resolve({ ...run, end }) };
      const { scripts } = recorded.house.stores;
      const parts = { scripts, scriptRuns, rehearsals: recorded.rehearsals, judges, turns: freeTurns() };
      assert.deepEqual((await createScriptReplayService(parts).replay(recorded.place, run.id)).differs, differs, fault);
    }
  });

  it('goes by the secrets of today: what was only sent is the same under another one, what was made of it is not', async () => {
    await recorded.publish(riskScript(90));
    const denied = await recorded.record(97);
    const passed = await recorded.record(5);
    const { tenantId: tenant, workspaceId: workspace } = recorded.place;
    const key = { tenantId: tenant, workspaceId: workspace, id: secretId('KEY'), createdAt: 0, updatedAt: 1 };
    await recorded.house.stores.secrets.update(key, 'another-secret-value');
    const again = await Promise.all([replay(denied), replay(passed)]);
    assert.deepEqual(
      again.map(({ differs, changedSecrets }) => [differs, changedSecrets]),
      [
        [[], ['KEY']],
        [['result'], ['KEY']],
      ],
    );
    await recorded.house.stores.secrets.remove(tenant, workspace, key.id);
    const without = await replay(passed);
    assert.deepEqual([without.differs.includes('result'), without.outcome], [true, 'failed']);
    assert.deepEqual(without.changedSecrets, ['KEY']);
  });

  it('says of no secret that it changed which did not, of a login whose secret was changed while it waited, and of one of before', async () => {
    await recorded.publish(riskScript(90));
    const passed = await recorded.record(5);
    assert.deepEqual((await replay(passed)).changedSecrets, []);
    const { tenantId: tenant, workspaceId: workspace } = recorded.place;
    const { secrets, scriptRuns } = recorded.house.stores;
    const key = { tenantId: tenant, workspaceId: workspace, id: secretId('KEY'), createdAt: 0, updatedAt: 1 };
    const asleep = await recorded.login(10);
    await secrets.update(key, 'another-secret-value');
    recorded.house.clock.set(recorded.house.clock.now() + 3_600_000);
    await recorded.house.activities.runScript(recorded.house.start(asleep));
    const slept = await recorded.runOf(asleep);
    assert.deepEqual([slept.slices, slept.secrets.length], [2, 2]);
    // Neither of the two secrets makes the whole of it come out again.
    assert.deepEqual((await replay(slept)).changedSecrets, ['KEY']);
    const { scripts } = recorded.house.stores;
    const before = createScriptReplayService({
      ...{ scripts, rehearsals: recorded.rehearsals, judges, turns: freeTurns() },
      scriptRuns: { read: async (...of) => ({ ...((await scriptRuns.read(...of)) ?? passed), secrets: [] }) },
    });
    assert.deepEqual((await before.replay(recorded.place, passed.id)).changedSecrets, []);
  });

  it('finds no run of another script, workspace or tenant', async () => {
    await recorded.publish(riskScript(90));
    const { id } = await recorded.record(5);
    for (const place of [
      { ...recorded.place, id: scriptId('other') },
      { ...recorded.place, workspaceId: workspaceId('other') },
      { ...recorded.place, tenantId: tenantId('other') },
    ])
      await assert.rejects(service.replay(place, id), (error) => isPlatformError(error, 'not_found'));
    await assert.rejects(service.replay(recorded.place, scriptRunId(newId())), (error) =>
      isPlatformError(error, 'not_found'),
    );
  });
});
