/** Runs within requests, as they are kept: how many, how much of each, and what is done when they cannot be. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { beginTape } from '../../../scripts-runtime/index.ts';
import {
  createPointRunKeeper,
  keepPointRun,
  mostPointRuns,
  type PointRun,
  type PointRunStores,
} from '../../../server/extensions/point-run.service.ts';
import type { ScriptRun } from '../../../server/extensions/script-run.ts';
import { clientId, interactionId, newId, scriptId, scriptRunId, scriptVersionId } from '../../../server/kernel/ids.ts';
import type { UnitOfWork } from '../../../server/kernel/unit-of-work.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('runs within requests', (open) => {
  let knex: Knex;
  let place: Pick<ScriptRun, 'tenantId' | 'workspaceId'>;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    const { tenant: tenantId, workspace: workspaceId } = await seedTenant(knex);
    place = { tenantId, workspaceId };
  });
  const script = () => ({ ...place, id: scriptId('mint') });
  function made(end: 'passed' | 'failed' = 'passed', longAnswers: PointRun['longAnswers'] = new Map()): PointRun {
    const id = newId();
    const run: ScriptRun = {
      ...place,
      id: scriptRunId(id),
      interactionId: interactionId(id),
      clientId: clientId('app'),
      scriptId: scriptId('mint'),
      version: scriptVersionId('a'.repeat(64)),
      point: 'token_minting',
      subject: id,
      input: {},
      tape: beginTape({ script: 'a'.repeat(64), input: {}, at: noon }, randomBytes),
      ...{ console: [], secrets: [], slices: 1, cpuMs: 1, wallMs: 1, startedAt: noon, expiresAt: noon },
      end: { outcome: end, result: { kind: 'ok', output: null, effects: [] }, at: noon },
    };
    return { run, longAnswers };
  }
  const listed = async () => (await storesOf(knex).scriptRuns.list(script(), { limit: 100, order: 'asc' })).items;
  const { log, lines } = recordingLog();

  it('are made for a sample alone: of the rest nothing is even put together', async () => {
    let asked = 0;
    let put = 0;
    const sample = () => (++asked > 2 ? 1 : 0);
    const keeper = createPointRunKeeper({ unitOfWork: unitOfWorkOn(knex), sample, log });
    for (let nth = 0; nth < 10; nth++)
      keeper.offer(script(), 'token_minting', () => {
        put += 1;
        return made();
      });
    await keeper.close();
    assert.deepEqual([asked, put, (await listed()).length], [10, 2, 2]);
  });

  it('wait for nobody, and are left out where too many are on their way', async () => {
    const held = Promise.withResolvers<undefined>();
    let written = 0;
    const unitOfWork: UnitOfWork<PointRunStores> = {
      async run(work) {
        await held.promise;
        written += 1;
        return work(storesOf(knex));
      },
    };
    const keeper = createPointRunKeeper({ unitOfWork, sample: () => 0, log });
    for (let nth = 0; nth < 200; nth++) keeper.offer(script(), 'token_minting', () => made());
    assert.equal(written, 0);
    held.resolve(undefined);
    await keeper.close();
    assert.equal((await listed()).length, 50);
  });

  it('that cannot be written are told of, and those after them are written', async () => {
    const own = unitOfWorkOn(knex);
    let isBroken = true;
    const unitOfWork: UnitOfWork<PointRunStores> = {
      run: (work) => (isBroken ? Promise.reject(new Error('no database')) : own.run(work)),
    };
    const keeper = createPointRunKeeper({ unitOfWork, sample: () => 0, log });
    keeper.offer(script(), 'token_minting', () => made());
    await keeper.close();
    assert.match(JSON.stringify(lines), /could not be kept/);
    isBroken = false;
    keeper.offer(script(), 'token_minting', () => made());
    await keeper.close();
    assert.equal((await listed()).length, 1);
  });

  it('go once there are too many: looked for with the first, and after each hundred', async () => {
    const removed: unknown[] = [];
    const unitOfWork: UnitOfWork<PointRunStores> = {
      run: (work) =>
        work({
          ...storesOf(knex),
          scriptRuns: {
            insertOnce: (run) => Promise.resolve(run),
            removeBeyond(_script, ended, most) {
              removed.push({ ...ended, most });
              return Promise.resolve(0);
            },
          },
        }),
    };
    const keeper = createPointRunKeeper({ unitOfWork, sample: () => 0, log });
    for (let nth = 0; nth < 101; nth++) keeper.wasKept(made('failed').run);
    keeper.offer(script(), 'token_minting', () => made());
    await keeper.close();
    const failed = { point: 'token_minting', outcome: 'failed', most: mostPointRuns.failed };
    assert.deepEqual(removed, [failed, failed, { ...failed, outcome: 'passed', most: mostPointRuns.passed }]);
  });

  it('keep long answers up to a bound, whatever a stranger has a script fetch', async () => {
    const long = (length: number) => new Uint8Array(length);
    const answers = new Map([
      ['a'.repeat(64), long(200 * 1024)],
      ['b'.repeat(64), long(200 * 1024)],
    ]);
    const kept = made('failed', answers);
    await unitOfWorkOn(knex).run((stores) => keepPointRun(stores, kept));
    const rows: readonly unknown[] = await knex('script_run_answers').where({ run_id: kept.run.id });
    assert.equal(rows.length, 1);
    const { scriptAnswers } = storesOf(knex);
    assert.equal((await scriptAnswers.find(place.tenantId, kept.run.id, 'a'.repeat(64)))?.length, 200 * 1024);
  });
});
