/** Versions held against logins over HTTP: a verdict a line, by who may change scripts, and ended by who closes the connection. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import type { Rehearsals } from '../../../server/extensions/script-rehearsal.ts';
import { scriptShadowEndpoints } from '../../../server/extensions/script-shadow.routes.ts';
import { createScriptShadowService } from '../../../server/extensions/script-shadow.service.ts';
import { createTurns } from '../../../server/extensions/turns.ts';
import { workspaceId, type ScriptVersionId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { judges, openRecordedRuns, riskScript, type RecordedRuns } from '../../support/recorded-runs.ts';
import { testRuntime, type ScriptsRuntime } from '../../support/scripts.ts';
import { eventsOf, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const answer = z.object({
  verdicts: z.array(
    z.object({
      run_id: z.string(),
      login_id: z.string(),
      verdict: z.string(),
      slower: z.boolean(),
      recorded_outcome: z.string(),
      outcome: z.string(),
      changes: z.array(z.string()),
    }),
  ),
  summary: z.looseObject({ logins: z.int(), same: z.int(), changed: z.int(), complete: z.boolean() }),
});

onEachDatabase('POST …/versions/{version}/shadow', (open) => {
  let runtime: ScriptsRuntime;
  let knex: Knex;
  let recorded: RecordedRuns;
  let api: EndpointServer;
  let version: ScriptVersionId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  let begun: number;
  let gate: Promise<unknown>;
  before(async function () {
    this.timeout(60_000);
    runtime = await testRuntime({ children: 2 });
    knex = await open();
    recorded = await openRecordedRuns(knex, runtime);
    const { scripts, scriptRuns, workspaces } = storesOf(knex);
    const rehearsals: Rehearsals = {
      async rehearse(...of) {
        begun += 1;
        if (begun > 2) await gate;
        return recorded.rehearsals.rehearse(...of);
      },
    };
    const shadows = createScriptShadowService({
      ...{ scripts, scriptRuns, rehearsals, judges, unitOfWork: unitOfWorkOn(knex), clock: recorded.house.clock },
      turns: createTurns({ atOnce: 1, take: () => 0, message: 'one is at it' }),
    });
    api = await serveEndpoints(scriptShadowEndpoints({ shadows, workspaces }), [], () => permissionsFrom(held));
    await recorded.publish(riskScript(90));
    version = await recorded.draft(riskScript(80));
  });
  after(async () => {
    await api.close();
    await runtime.stop();
  });
  beforeEach(() => {
    [begun, gate] = [0, Promise.resolve()];
    held = [{ workspaceId: undefined, role: 'admin' }];
  });
  const path = (id: string = version, script = 'risk', { tenantId, workspaceId: workspace } = recorded.place) =>
    `/api/admin/${tenantId}/servers/${workspace}/scripts/${script}/versions/${id}/shadow`;
  const shadow = async (body?: object) => {
    const { status, body: told } = await api.ask('POST', path(), body === undefined ? {} : { body });
    assert.equal(status, 200, JSON.stringify(told));
    return answer.parse(told);
  };

  it('answers nothing where nobody signed in yet', async () => {
    assert.deepEqual(await shadow(), {
      verdicts: [],
      summary: { logins: 0, same: 0, changed: 0, diverged: 0, error: 0, slower: 0, complete: true },
    });
  });

  it('answers a verdict on each login, youngest first, and their sum', async () => {
    for (const score of [5, 85, 95]) await recorded.record(score);
    const { verdicts, summary } = await shadow();
    assert.deepEqual(
      verdicts.map((one) => [one.verdict, one.recorded_outcome, one.outcome, one.changes]),
      [
        ['same', 'denied', 'denied', []],
        ['changed', 'passed', 'denied', ['outcome']],
        ['same', 'passed', 'passed', []],
      ],
    );
    assert.deepEqual([summary.logins, summary.same, summary.changed, summary.complete], [3, 2, 1, true]);
    assert.equal((await shadow({ last: 2 })).verdicts.length, 2);
    for (const last of [0, 10_001, 1.5, 'all']) {
      const { status } = await api.ask('POST', path(), { body: { last } });
      assert.ok(status === 400 || status === 422, `${String(last)}: ${String(status)}`);
    }
  });

  it('writes a line for each while it goes on, and ends when the connection is closed', async () => {
    for (const score of [1, 2, 3, 4, 5, 6]) await recorded.record(score);
    const [closed, opened] = [new AbortController(), Promise.withResolvers<undefined>()];
    gate = opened.promise;
    const response = await fetch(`${api.origin}${path()}`, {
      method: 'POST',
      headers: { authorization: 'Bearer token' },
      signal: closed.signal,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const line = /^\{"verdicts":\[\n\{"run_id":"[^\n]+\},?$/m;
    for (let text = ''; !line.test(text);) {
      const more = await reader?.read();
      assert.ok(more?.value, text);
      text += more.value;
    }
    assert.equal((await api.ask('POST', path())).status, 429, 'one at a time');
    closed.abort();
    // The server hears of the end of a connection before it hears of those that begin after it.
    for (let tries = 0; tries < 5; tries++) assert.equal((await api.ask('POST', path())).status, 429);
    opened.resolve(undefined);
    // Its turn is given back once what was begun is done.
    let status = 429;
    for (let tries = 0; status === 429 && tries < 500; tries++)
      ({ status } = await api.ask('POST', path(), { body: { last: 1 } }));
    assert.equal(status, 200);
    assert.ok(begun < 9, `of nine ${String(begun)} were begun, the one after it included`);
  });

  it('is for who may change scripts, in their own workspace alone', async () => {
    const told = (await eventsOf(knex, recorded.place.tenantId)).length;
    for (const role of ['auditor', 'member', 'user_manager'] as const) {
      held = [{ workspaceId: recorded.place.workspaceId, role }];
      assert.equal((await api.ask('POST', path())).status, 403, role);
    }
    held = [{ workspaceId: workspaceId('other'), role: 'admin' }];
    assert.equal((await api.ask('POST', path())).status, 403);
    held = [{ workspaceId: undefined, role: 'admin' }];
    const { tenant, workspace } = await seedTenant(knex);
    for (const at of [
      path(version, 'risk', { ...recorded.place, tenantId: tenant, workspaceId: workspace }),
      path(version, 'risk', { ...recorded.place, workspaceId: workspace }),
      path(version, 'other'),
      path('f'.repeat(64)),
    ])
      assert.equal((await api.ask('POST', at)).status, 404, at);
    assert.equal(begun, 0);
    assert.equal((await eventsOf(knex, recorded.place.tenantId)).length, told);
  });
});
