import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createSecretService, type SecretService } from '../../../server/extensions/secret.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { secretId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { classicSource, typedSource } from '../../support/script-compile.ts';
import { scriptServiceOn, scriptWords } from '../../support/kept-scripts.ts';
import { noon } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('SecretService', (open) => {
  const clock = heldClock();
  let knex: Knex;
  let service: SecretService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  before(async () => {
    knex = await open();
    service = createSecretService({ unitOfWork: unitOfWorkOn(knex, clock), clock });
  });
  beforeEach(async () => {
    clock.set(noon);
    ({ tenant, workspace } = await seedTenant(knex));
  });
  const place = (name = 'KEY') => ({ tenantId: tenant, workspaceId: workspace, id: secretId(name) });

  it('tells of each change as an event, and never of a value', async () => {
    await service.create(tenant, workspace, 'KEY', 'planted-value');
    clock.set(noon + 1000);
    assert.deepEqual(await service.update(place(), 'planted-value-2'), {
      ...place(),
      createdAt: noon,
      updatedAt: noon + 1000,
    });
    await service.remove(place());
    assert.deepEqual(await eventsOf(knex, tenant), ['server updated', 'server updated', 'server updated']);
    const events = JSON.stringify(await knex('audit_events').where({ tenant_id: tenant }));
    assert.match(events, /script_secret/);
    assert.doesNotMatch(events, /planted/);
    await assert.rejects(service.update(place(), 'x'), (error) => isPlatformError(error, 'not_found'));
    await assert.rejects(service.remove(place()), (error) => isPlatformError(error, 'not_found'));
  });

  it('keeps a secret that a script names which runs, live or as a canary', async () => {
    const scripts = scriptServiceOn(knex, clock);
    await service.create(tenant, workspace, 'KEY', 'x');
    const { script } = await scripts.create(tenant, workspace, 'risk', { ...scriptWords, body: classicSource });
    const { version } = await scripts.draft(script, typedSource({ secrets: ['KEY'] }));
    const kept = () =>
      assert.rejects(
        service.remove(place()),
        (error) => isPlatformError(error, 'conflict') && error.message.includes('risk'),
      );
    const live = script.live ?? version;
    await scripts.point(script, { live, canary: { version, share: 1 } });
    await kept();
    await scripts.point(script, { live: version });
    await kept();
    const stranger = await seedTenant(knex);
    await service.create(stranger.tenant, stranger.workspace, 'KEY', 'x');
    await service.remove({ tenantId: stranger.tenant, workspaceId: stranger.workspace, id: secretId('KEY') });
    await scripts.point(script, { live });
    await service.remove(place());
  });

  it('refuses names that a script cannot write, or that objects have by themselves', async () => {
    for (const name of ['', '1KEY', 'a b', 'a/b', 'ä', '__proto__', 'constructor', 'prototype', 'x'.repeat(65)])
      await assert.rejects(service.create(tenant, workspace, name, 'x'), (error) =>
        isPlatformError(error, 'unprocessable_entity'),
      );
    for (const name of ['secret-pet', '_', 'RISK_KEY', 'a.b', 'x'.repeat(64)])
      await service.create(tenant, workspace, name, 'x');
  });

  it('keeps a workspace to a hundred', async () => {
    const { secrets } = storesOf(knex);
    const first = await service.create(tenant, workspace, 'KEY', 'x');
    for (let index = 1; index < 100; index += 1)
      await secrets.insert({ ...first, id: secretId(`k${String(index)}`) }, 'x');
    await assert.rejects(service.create(tenant, workspace, 'more', 'x'), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
  });
});
