/** Runs of scripts in rows: one for each place, written by one at a time, sealed, and gone after their time. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { beginTape } from '../../../scripts-runtime/index.ts';
import { createScriptAnswerStore, createScriptRunStore } from '../../../server/extensions/script-run.store.ts';
import type { ScriptRun } from '../../../server/extensions/script-run.ts';
import { clientId, interactionId, newId, scriptId, scriptRunId, scriptVersionId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, testSealer } from '../../support/stores.ts';

onEachDatabase('ScriptRunStore', (open) => {
  let knex: Knex;
  let store: ReturnType<typeof createScriptRunStore>;
  let run: ScriptRun;
  beforeEach(async () => {
    knex = await open();
    await knex('script_runs').delete();
    store = createScriptRunStore(knex, { sealer: testSealer });
    const { tenant, workspace } = await seedTenant(knex);
    const input = { authn_ctx: { email: 'ada@example.com' } };
    run = {
      tenantId: tenant,
      workspaceId: workspace,
      id: scriptRunId(newId()),
      interactionId: interactionId(newId()),
      clientId: clientId('app'),
      scriptId: scriptId('risk'),
      version: scriptVersionId('a'.repeat(64)),
      point: 'post_authn_ctx',
      subject: 'sub-of-ada',
      input,
      tape: beginTape({ script: 'a'.repeat(64), input, at: noon }, randomBytes),
      console: [],
      secrets: [],
      slices: 0,
      cpuMs: 0,
      wallMs: 0,
      startedAt: noon,
      expiresAt: noon + 1000,
    };
  });
  const after = (change: Partial<ScriptRun>): ScriptRun => ({ ...run, slices: 1, ...change });

  it('keeps one run for each person of a login, and answers the first', async () => {
    assert.deepEqual(await store.insertOnce(run), run);
    assert.equal((await store.insertOnce({ ...run, id: scriptRunId(newId()) })).id, run.id);
    const other = await store.insertOnce({ ...run, id: scriptRunId(newId()), subject: 'sub-of-bob' });
    assert.notEqual(other.id, run.id);
    assert.equal((await store.listOf(run.tenantId, run.workspaceId, run.interactionId)).length, 2);
    assert.equal(await store.find({ ...run, scriptId: scriptId('other') }), undefined);
  });

  it('is written on by who knows how far it is, and by nobody once it has ended', async () => {
    await store.insertOnce(run);
    const first = after({ waits: { kind: 'sleep', until: noon + 5 } });
    assert.equal(await store.keep(first), true);
    assert.equal(await store.keep(first), false, 'somebody wrote first');
    const { waits: _waits, ...rest } = first;
    const end = { outcome: 'passed', result: { kind: 'ok', output: null, effects: [] }, at: noon } as const;
    assert.equal(await store.keep({ ...rest, slices: 2, end }), true);
    assert.equal(await store.keep({ ...rest, slices: 3 }), false);
    assert.deepEqual((await store.find(run))?.end, end);
    assert.equal((await store.find(run))?.waits, undefined);
  });

  it('is sealed at rest, and opens nowhere else', async () => {
    await store.insertOnce(run);
    const rows: readonly { readonly sealed_record: string }[] = await knex('script_runs').select();
    assert.doesNotMatch(JSON.stringify(rows), /example\.com/);
    const other = { ...run, id: scriptRunId(newId()), subject: 'sub-of-bob' };
    await store.insertOnce(other);
    await knex('script_runs').where({ id: other.id }).update({ sealed_record: rows[0]?.sealed_record });
    await assert.rejects(store.find(other));
  });

  it('within a request is none by which a login goes on, and the last of each end stay', async () => {
    const idOf = (nth: number) => scriptRunId(`run-${String(nth).padStart(3, '0')}`);
    const write = async (nth: number, outcome: 'passed' | 'failed', more: Partial<ScriptRun> = {}) => {
      const end = { outcome, result: { kind: 'ok', output: null, effects: [] }, at: noon } as const;
      const [id, startedAt] = [idOf(nth), noon + Math.floor(nth / 2)];
      await store.insertOnce({ ...run, id, subject: id, point: 'token_minting', startedAt, end, slices: 1, ...more });
    };
    for (let nth = 0; nth < 7; nth++) await write(nth, 'passed');
    await write(7, 'failed');
    await write(8, 'passed', { point: 'client_token_minting' });
    await write(9, 'passed', { point: 'post_authn_ctx' });
    const { tenantId, workspaceId, scriptId: id } = run;
    const script = { tenantId, workspaceId, id };
    const goesOn = await store.listOf(tenantId, workspaceId, run.interactionId);
    assert.deepEqual(
      goesOn.map(({ id: one }) => one),
      [idOf(9)],
    );
    const ended = { point: 'token_minting', outcome: 'passed' } as const;
    for (let nth = 100; nth < 200; nth++) await write(nth, 'failed', { startedAt: noon - 1 });
    const inLogin = await store.listInLogin(tenantId, workspaceId, run.interactionId);
    assert.equal(inLogin.length, 100);
    assert.equal(inLogin.at(-1)?.id, idOf(9), 'no run of a page hides one of the login');
    await knex('script_runs')
      .where({ started_at: noon - 1 })
      .delete();
    assert.equal(await store.removeBeyond(script, ended, 3), 4);
    assert.equal(await store.removeBeyond(script, ended, 3), 0);
    const { items } = await store.list(script, { limit: 100, order: 'asc' });
    assert.deepEqual(
      items.map((one) => one.id),
      [4, 5, 6, 7, 8, 9].map(idOf),
    );
  });

  it('goes after its time, with the answers that were too long for its tape', async () => {
    await store.insertOnce(run);
    const answers = createScriptAnswerStore(knex, { sealer: testSealer });
    const sha256 = 'b'.repeat(64);
    for (const _twice of [1, 2])
      await answers.put(run.tenantId, run.workspaceId, run.id, sha256, Buffer.from('a long answer'));
    assert.equal(Buffer.from((await answers.find(run.tenantId, run.id, sha256)) ?? []).toString(), 'a long answer');
    assert.equal(await answers.find(run.tenantId, run.id, 'c'.repeat(64)), undefined);
    assert.equal(await store.removeExpired(noon + 1000, 10), 0);
    assert.equal(await store.removeExpired(noon + 1001, 10), 1);
    assert.equal(await answers.find(run.tenantId, run.id, sha256), undefined);
  });
});
