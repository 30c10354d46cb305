import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { ScriptService } from '../../../server/extensions/script.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { scriptId, scriptVersionId, secretId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { classicSource, typedSource } from '../../support/script-compile.ts';
import { scriptServiceOn, scriptWords } from '../../support/kept-scripts.ts';
import { noon } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('ScriptService', (open) => {
  const clock = heldClock();
  let knex: Knex;
  let service: ScriptService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  before(async () => {
    knex = await open();
    service = scriptServiceOn(knex, clock);
  });
  beforeEach(async () => {
    clock.set(noon);
    ({ tenant, workspace } = await seedTenant(knex));
  });
  const words = (body: string) => ({ ...scriptWords, body });
  const place = () => ({ tenantId: tenant, workspaceId: workspace, id: scriptId('risk') });
  const create = (body = classicSource) => service.create(tenant, workspace, 'risk', words(body));
  const refused = (work: Promise<unknown>, says: RegExp) =>
    assert.rejects(work, (error) => isPlatformError(error, 'unprocessable_entity') && says.test(error.message));

  it('publishes a body at once, and keeps what ran before as it was', async () => {
    const { script } = await create();
    const before = script.live;
    assert.ok(before !== undefined && script.draft === before);
    clock.set(noon + 1);
    const changed = await service.update(place(), words(`${classicSource} // 2`));
    assert.notEqual(changed.script.live, before);
    const { scripts } = storesOf(knex);
    assert.equal((await scripts.findVersion(script, before))?.source, classicSource);
    assert.equal((await scripts.listVersions(script)).length, 2);
    const renamed = await service.update(place(), { ...scriptWords, name: 'Other', body: '' });
    assert.deepEqual([renamed.script.live, renamed.script.name], [changed.script.live, 'Other']);
    assert.equal(renamed.source, `${classicSource} // 2`);
    assert.deepEqual(await eventsOf(knex, tenant), ['server updated', 'server updated', 'server updated']);
  });

  it('moves pointers: a draft runs nowhere, a canary for some, and back is one move', async () => {
    const { script } = await create();
    const live = script.live ?? scriptVersionId('');
    const drafted = await service.draft(place(), typedSource());
    assert.equal((await storesOf(knex).scripts.find(place()))?.live, live);
    const tried = await service.point(place(), { live, canary: { version: drafted.version, share: 5 } });
    assert.deepEqual([tried.live, tried.canary?.version, tried.canary?.share], [live, drafted.version, 5]);
    assert.equal((await service.point(place(), { live: drafted.version })).canary, undefined);
    assert.equal((await service.point(place(), { live })).live, live);
    await refused(service.point(place(), { live: scriptVersionId('f'.repeat(64)) }), /no such version/);
    await refused(service.point(place(), { canary: { version: live, share: 5 } }), /none/);
  });

  it('takes no version of another script', async () => {
    await create();
    const other = await service.create(tenant, workspace, 'other', words(typedSource()));
    await refused(service.point(place(), { live: other.script.live ?? scriptVersionId('') }), /no such version/);
  });

  it('publishes nothing without the secrets that it names', async () => {
    await refused(create(typedSource({ secrets: ['RISK_KEY'] })), /no secret RISK_KEY/);
    assert.equal(await storesOf(knex).scripts.find(place()), undefined, 'nothing of it is kept');
    await create();
    const { version } = await service.draft(place(), typedSource({ secrets: ['RISK_KEY'] }));
    await refused(service.point(place(), { live: version }), /no secret RISK_KEY/);
    const secret = { tenantId: tenant, workspaceId: workspace, id: secretId('RISK_KEY'), createdAt: 0, updatedAt: 0 };
    await storesOf(knex).secrets.insert(secret, 'x');
    assert.equal((await service.point(place(), { live: version })).live, version);
  });

  it('publishes nothing that does not fit where it is bound, and leaves nobody without a script', async () => {
    const { script } = await create();
    const binding = { ...place(), type: 'token_minting', target: workspace, scriptId: script.id } as const;
    await storesOf(knex).executionPoints.put(binding);
    await refused(service.update(place(), words(typedSource())), /does not run at token_minting/);
    await refused(service.update(place(), words(`${classicSource}\n// typed {"effects":["sleep"]}`)), /token_minting/);
    await service.update(place(), words(typedSource({}, 'token-minting')));
    await assert.rejects(service.point(place(), {}), (error) => isPlatformError(error, 'conflict'));
    await assert.rejects(
      service.remove(place()),
      (error) => isPlatformError(error, 'conflict') && error.message.includes(`token_minting of ${workspace}`),
    );
    await storesOf(knex).executionPoints.remove(binding);
    await service.remove(place());
    assert.equal(await storesOf(knex).scripts.find(place()), undefined);
  });

  it('keeps a hundred versions, and makes room of those that no login can have', async () => {
    const { script } = await create();
    const { scripts } = storesOf(knex);
    for (let index = 1; index < 100; index += 1) {
      const version = await scripts.findVersion(script, script.live ?? scriptVersionId(''));
      assert.ok(version !== undefined);
      await scripts.insertVersion({ ...version, version: scriptVersionId(String(index).padStart(64, '0')) });
    }
    await refused(service.draft(place(), typedSource()), /at most 100/);
    clock.set(noon + 91 * 24 * 3_600_000);
    await service.draft(place(), typedSource());
    assert.equal((await scripts.listVersions(script)).length, 100);
    assert.notEqual(
      await scripts.findVersion(script, script.live ?? scriptVersionId('')),
      undefined,
      'what runs stays',
    );
  });

  it('keeps a workspace to a hundred scripts', async () => {
    const { script } = await create('');
    const { scripts } = storesOf(knex);
    for (let index = 1; index < 100; index += 1) await scripts.insert({ ...script, id: scriptId(`s${String(index)}`) });
    await refused(service.create(tenant, workspace, '', words('')), /at most 100/);
  });
});
