import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { RunRecord, RunRequest, RunResult } from '../../../scripts-runtime/index.ts';
import { createPassingHost } from '../../../server/extensions/script-host.ts';
import { createScriptTestService, type ScriptTestService } from '../../../server/extensions/script-test.service.ts';
import { systemClock } from '../../../server/kernel/clock.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { secretId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { testCompiler } from '../../support/kept-scripts.ts';
import { classicSource, typedSource } from '../../support/script-compile.ts';
import { eventsOf, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('ScriptTestService', (open) => {
  let knex: Knex;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let wait = 0;
  let asked: RunRequest[] = [];
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    wait = 0;
    asked = [];
  });
  const serviceOf = (run: (request: RunRequest) => Promise<RunResult>): ScriptTestService =>
    createScriptTestService({
      compiler: testCompiler,
      run: (request) => {
        asked.push(request);
        return run(request);
      },
      secrets: storesOf(knex).secrets,
      unitOfWork: unitOfWorkOn(knex),
      passingHost: () =>
        createPassingHost({ fetch: () => Promise.reject(new Error('nothing out there')), clock: systemClock }),
      take: () => wait,
    });
  const record: RunRecord = {
    tape: { format: 1, script: '', input: '', seed: '', mark: '', at: 0, entries: [] },
    console: [
      { level: 'log', text: 'seen' },
      { level: 'error', text: 'careful' },
      { level: 'info', text: 'more' },
    ],
    consoleTruncated: false,
    refused: { scopes: [], isComplete: true },
    cpuMs: 1,
    wallMs: 12.4,
  };
  const test = (outcome: RunResult, source = classicSource) =>
    serviceOf(() => Promise.resolve(outcome)).test(tenant, workspace, { source, input: { a: 1 } });

  it('answers what a script returned, what it said, and how long it took', async () => {
    const result = await test({ kind: 'ok', output: { authn_ctx: { tier: 1 } }, effects: [], ...record });
    assert.deepEqual(result, {
      output: { authn_ctx: { tier: 1 } },
      stdout: 'seen\nmore\n',
      stderr: 'careful\n',
      caughtError: '',
      durationMs: 12,
    });
    assert.deepEqual([asked[0]?.tenant, asked[0]?.input], [tenant, { a: 1 }]);
  });

  it('answers effects, denials, suspensions and failures as what they are', async () => {
    const effects = [{ effect: 'claims', name: 'org', value: 'x' }] as const;
    assert.deepEqual((await test({ kind: 'ok', output: null, effects, ...record })).output, { effects: [...effects] });
    const denied = await test({ kind: 'denied', reason: 'risk', details: { ref: 1 }, ...record });
    assert.deepEqual(denied.output, { denied: 'risk', details: { ref: 1 } });
    const suspended = await test({ kind: 'suspended', suspend: 'sleep', request: { ms: 5 }, ...record });
    assert.deepEqual(suspended.output, { suspended: 'sleep', request: { ms: 5 } });
    const stack = [{ name: 'run', line: 3, column: 9 }];
    const failed = await test({ kind: 'error', fault: 'exception', message: 'Error: no luck', stack, ...record });
    assert.equal(failed.caughtError, 'exception: Error: no luck\n    at run (script:3:9)');
    assert.deepEqual(failed.output, {});
  });

  it('leaves an event, before anything runs, that holds neither source nor input nor secret', async () => {
    const { secrets } = storesOf(knex);
    const key = { tenantId: tenant, workspaceId: workspace, id: secretId('KEY'), createdAt: 0, updatedAt: 0 };
    await secrets.insert(key, 'planted-secret-value');
    let before: readonly string[] = [];
    const service = serviceOf(async () => {
      before = await eventsOf(knex, tenant);
      return { kind: 'ok', output: {}, effects: [], ...record };
    });
    const source = `module.exports = async () => ({ authn_ctx: { planted: 'in the source' } });`;
    await service.test(tenant, workspace, { source, input: { planted: 'in the input' } });
    assert.deepEqual(before, ['script tested']);
    const rows: readonly { readonly payload: string }[] = await knex('audit_events').where({ tenant_id: tenant });
    const version = createHash('sha256').update(source).digest('hex');
    assert.deepEqual(JSON.parse(rows[0]?.payload ?? ''), {
      script_tested: { version, shape: 'classic', execution_point: 'post_authn_ctx' },
    });
    assert.doesNotMatch(JSON.stringify(rows), /planted/);
    await assert.rejects(service.test(tenant, workspace, { source: '%%%', input: {} }));
    assert.equal((await eventsOf(knex, tenant)).length, 1, 'what does not compile was not run');
  });

  it('does not blame the script for what the platform could not do', async () => {
    for (const outcome of [
      { kind: 'busy', message: 'at /inside' },
      { kind: 'host_crash', message: 'at /inside', ...record },
    ] as const)
      await assert.rejects(test(outcome), (error) => {
        assert.ok(isPlatformError(error, 'unavailable') && error.retryAfterSeconds === 5);
        assert.doesNotMatch(error.message, /inside/);
        return true;
      });
    await assert.rejects(test({ kind: 'busy', message: '' }, 'let %%%'), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
  });

  it('gives a classic script the secrets of its workspace, and a typed one those that it names', async () => {
    const { secrets } = storesOf(knex);
    for (const name of ['KEY', 'OTHER'])
      await secrets.insert(
        { tenantId: tenant, workspaceId: workspace, id: secretId(name), createdAt: 0, updatedAt: 0 },
        `value of ${name}`,
      );
    const stranger = await seedTenant(knex);
    const foreign = { tenantId: stranger.tenant, workspaceId: stranger.workspace, id: secretId('THEIRS') };
    await secrets.insert({ ...foreign, createdAt: 0, updatedAt: 0 }, 'x');
    const ok = { kind: 'ok', output: {}, effects: [], ...record } as const;
    await test(ok);
    assert.deepEqual(asked[0]?.secrets, { KEY: 'value of KEY', OTHER: 'value of OTHER' });
    await test(ok, typedSource({ secrets: ['KEY'] }));
    assert.deepEqual(asked[1]?.secrets, { KEY: 'value of KEY' });
    await test(ok, typedSource());
    assert.deepEqual(asked[2]?.secrets, {});
    await assert.rejects(
      test(ok, typedSource({ secrets: ['THEIRS'] })),
      (error) => isPlatformError(error, 'unprocessable_entity') && error.message.includes('THEIRS'),
    );
    assert.equal(asked.length, 3);
  });

  it('shows no secret that a script gives back, in whichever way it does', async () => {
    await storesOf(knex).secrets.insert(
      { tenantId: tenant, workspaceId: workspace, id: secretId('KEY'), createdAt: 0, updatedAt: 0 },
      'planted-secret',
    );
    const base64 = Buffer.from('planted-secret').toString('base64');
    for (const outcome of [
      { kind: 'ok', output: { authn_ctx: { a: 'planted-secret', [`x-${base64}`]: [base64] } }, effects: [], ...record },
      { kind: 'ok', output: null, effects: [{ effect: 'claims', name: 'n', value: 'planted-secret' }], ...record },
      { kind: 'denied', reason: 'planted-secret', details: { of: base64 }, ...record },
      { kind: 'suspended', suspend: 'redirect', request: { app: 'a', data: { x: 'planted-secret' } }, ...record },
    ] as const) {
      const shown = JSON.stringify(await test(outcome));
      assert.ok(!shown.includes('planted-secret') && !shown.includes(base64), shown);
      assert.match(shown, /secret:KEY/);
    }
  });

  it('lets a tenant try out two at once, and so many in a while', async () => {
    const gates: (() => void)[] = [];
    const service = serviceOf(
      () =>
        new Promise((resolve) =>
          gates.push(() => {
            resolve({ kind: 'busy', message: 'x' });
          }),
        ),
    );
    const ask = (of = tenant) => service.test(of, workspace, { source: classicSource, input: {} });
    const caught = [ask(), ask()].map((one) => one.catch((error: unknown) => error));
    await assert.rejects(ask(), (error) => isPlatformError(error, 'too_many_requests'));
    const stranger = await seedTenant(knex);
    caught.push(ask(stranger.tenant).catch((error: unknown) => error));
    while (gates.length < 3) await new Promise((again) => setImmediate(again));
    for (const go of gates) go();
    for (const error of await Promise.all(caught)) assert.ok(isPlatformError(error, 'unavailable'));
    wait = 7;
    await assert.rejects(
      ask(),
      (error) => isPlatformError(error, 'too_many_requests') && error.retryAfterSeconds === 7,
    );
    assert.equal(asked.length, 3, 'nothing of the refused was run');
  });
});
