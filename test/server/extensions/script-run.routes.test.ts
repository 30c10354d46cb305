/** Runs of scripts over HTTP and on rows: who may list them, who may look into one, and that somebody did. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { createScriptReplayService } from '../../../server/extensions/script-replay.service.ts';
import { scriptRunEndpoints } from '../../../server/extensions/script-run.routes.ts';
import type { ScriptRun } from '../../../server/extensions/script-run.ts';
import { newId, secretId, workspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import {
  freeTurns,
  judges,
  openRecordedRuns,
  plantedSecret,
  riskScript,
  type RecordedRuns,
} from '../../support/recorded-runs.ts';
import { testRuntime, type ScriptsRuntime } from '../../support/scripts.ts';
import { eventsOf, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const runs = z.object({ runs: z.array(z.looseObject({ id: z.string(), login_id: z.string(), outcome: z.string() })) });

onEachDatabase('the endpoints of script runs', (open) => {
  let runtime: ScriptsRuntime;
  let knex: Knex;
  let recorded: RecordedRuns;
  let api: EndpointServer;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  let denied: ScriptRun;
  let passed: ScriptRun;
  let asleep: ScriptRun;
  before(async function () {
    runtime = await testRuntime({ children: 2 });
    knex = await open();
    recorded = await openRecordedRuns(knex, runtime);
    const { scripts, scriptRuns, workspaces } = storesOf(knex);
    const replays = createScriptReplayService({
      ...{ scripts, scriptRuns, rehearsals: recorded.rehearsals, judges, turns: freeTurns() },
    });
    const deps = { scripts, scriptRuns, workspaces, replays, unitOfWork: unitOfWorkOn(knex) };
    api = await serveEndpoints(scriptRunEndpoints(deps), [], () => permissionsFrom(held));
    await recorded.publish(riskScript(90));
    denied = await recorded.record(95);
    passed = await recorded.record(11);
    asleep = await recorded.runOf(await recorded.login(10));
  });
  after(async () => {
    await api.close();
    await runtime.stop();
  });
  beforeEach(() => {
    held = [{ workspaceId: undefined, role: 'admin' }];
  });
  const base = (workspace: string = recorded.place.workspaceId, tenant: string = recorded.place.tenantId) =>
    `/api/admin/${tenant}/servers/${workspace}`;
  const path = (rest = '', script = 'risk') => `${base()}/scripts/${script}/runs${rest}`;
  const listed = async (at: string) => {
    const { status, body } = await api.ask('GET', at);
    assert.equal(status, 200, JSON.stringify(body));
    return runs.parse(body).runs;
  };
  const reads = async () =>
    (await eventsOf(knex, recorded.place.tenantId)).filter((event) => event === 'script run_read').length;

  it('lists them by pages, either way round, and those of a login, with nothing in them about a person', async () => {
    const all = await listed(path('?order=desc'));
    assert.deepEqual(
      all.map(({ id, outcome }) => [id, outcome]),
      [
        [asleep.id, ''],
        [passed.id, 'passed'],
        [denied.id, 'denied'],
      ],
    );
    assert.deepEqual(
      (await listed(path('?order=desc&limit=2'))).map(({ id }) => id),
      [asleep.id, passed.id],
    );
    assert.deepEqual(
      (await listed(path(`?order=desc&after_run_id=${passed.id}`))).map(({ id }) => id),
      [denied.id],
    );
    assert.deepEqual(
      (await listed(path(`?limit=1`))).map(({ id }) => id),
      [denied.id],
    );
    assert.deepEqual(
      (await listed(path(`?before_run_id=${passed.id}`))).map(({ id }) => id),
      [denied.id],
    );
    assert.equal((await api.ask('GET', path(`?after_run_id=${newId()}`))).status, 422);
    assert.equal((await api.ask('GET', path('', 'other'))).status, 404);
    const ofLogin = await listed(`${base()}/script-runs?login_id=${passed.interactionId}`);
    assert.deepEqual(
      ofLogin.map(({ id }) => id),
      [passed.id],
    );
    assert.deepEqual(await listed(`${base()}/script-runs?login_id=${newId()}`), []);
    assert.doesNotMatch(JSON.stringify([all, ofLogin]), /\bada\b|sub-of|lovelace|treasury|192\.0\./i);
  });

  it('shows what was said in one, without its secrets and what marks them, and tells of who looked', async () => {
    const before = await reads();
    const { status, body } = await api.ask('GET', path(`/${passed.id}`));
    assert.equal(status, 200);
    const text = JSON.stringify(body);
    assert.match(text, /ada@example\.com/);
    assert.match(text, /score 11 ada@example\.com \[secret:KEY:raw\]/);
    assert.match(text, /"value":"treasury"/);
    assert.doesNotMatch(text, new RegExp(`${plantedSecret}|${passed.tape.mark}|${passed.tape.seed}`));
    const calls = z.object({ calls: z.array(z.object({ call: z.string() })) }).parse(body);
    assert.deepEqual(
      calls.calls.map(({ call }) => call),
      ['fetch', 'cache.incr', 'redirect'],
    );
    assert.equal(await reads(), before + 1);
    const waits = await api.ask('GET', path(`/${asleep.id}`));
    assert.equal(z.object({ waits_for: z.string() }).parse(waits.body).waits_for, 'sleep');
  });

  it('replays one, and says whether every byte is the same', async () => {
    const before = await reads();
    const { status, body } = await api.ask('POST', path(`/${denied.id}/replay`));
    assert.equal(status, 200);
    assert.deepEqual(body, {
      ...{ run_id: denied.id, login_id: denied.interactionId, version: denied.version },
      ...{ equal: true, differs: [], recorded_outcome: 'denied', outcome: 'denied' },
      changed_secrets: [],
    });
    const waiting = await api.ask('POST', path(`/${asleep.id}/replay`));
    assert.equal(z.object({ equal: z.boolean(), outcome: z.literal('') }).parse(waiting.body).equal, true);
    assert.equal(await reads(), before, 'what is compared is shown to nobody');
  });

  it('says by name which secret is another one by now, and nothing that it could be guessed by', async () => {
    const { tenantId, workspaceId: workspace } = recorded.place;
    const { secrets } = recorded.house.stores;
    const key = { tenantId, workspaceId: workspace, id: secretId('KEY'), createdAt: 0, updatedAt: 1 };
    const prints = passed.secrets.map(({ print }) => print);
    assert.ok(prints.length > 0);
    await secrets.update(key, 'another-secret-value');
    const answers = [
      await api.ask('GET', path()),
      await api.ask('GET', path(`/${passed.id}`)),
      await api.ask('POST', path(`/${passed.id}/replay`)),
    ];
    await secrets.update(key, plantedSecret);
    const changed = z.object({ changed_secrets: z.array(z.string()) }).parse(answers[2]?.body);
    assert.deepEqual(changed.changed_secrets, ['KEY']);
    const rows: readonly unknown[] = await knex('script_runs').where({ tenant_id: tenantId });
    const text = JSON.stringify([answers, rows]);
    for (const secret of [...prints, passed.tape.seed, plantedSecret]) assert.equal(text.includes(secret), false);
  });

  it('lets who reads list them, and neither look into one nor run it', async () => {
    const before = await reads();
    for (const workspace of [undefined, recorded.place.workspaceId]) {
      held = [{ workspaceId: workspace, role: 'auditor' }];
      assert.equal((await api.ask('GET', path())).status, 200);
      assert.equal((await api.ask('GET', path(`/${passed.id}`))).status, 403);
      assert.equal((await api.ask('POST', path(`/${passed.id}/replay`))).status, 403);
    }
    for (const role of ['member', 'user_manager'] as const) {
      held = [{ workspaceId: recorded.place.workspaceId, role }];
      for (const [method, at] of [
        ['GET', path()],
        ['GET', `${base()}/script-runs?login_id=${passed.interactionId}`],
        ['GET', path(`/${passed.id}`)],
        ['POST', path(`/${passed.id}/replay`)],
      ] as const)
        assert.equal((await api.ask(method, at)).status, 403, `${role} ${method} ${at}`);
    }
    assert.equal(await reads(), before);
  });

  it('is of its own workspace, script and tenant, whoever knows its id', async () => {
    const { tenant, workspace } = await seedTenant(knex);
    const { tenantId } = recorded.place;
    const before = await reads();
    for (const at of [
      `${base(workspace, tenant)}/scripts/risk/runs/${passed.id}`,
      `${base(workspace, tenantId)}/scripts/risk/runs/${passed.id}`,
      path(`/${passed.id}`, 'other'),
      path(`/${passed.id}%20`),
    ]) {
      assert.equal((await api.ask('GET', at)).status, 404, at);
      assert.equal((await api.ask('POST', `${at}/replay`)).status, 404, at);
    }
    const ofOther = await listed(`${base(workspace, tenant)}/script-runs?login_id=${passed.interactionId}`);
    assert.deepEqual(ofOther, []);
    held = [{ workspaceId: workspaceId('other'), role: 'admin' }];
    assert.equal((await api.ask('GET', path(`/${passed.id}`))).status, 403);
    assert.equal(await reads(), before);
  });
});
