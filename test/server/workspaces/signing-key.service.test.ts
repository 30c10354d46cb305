import assert from 'node:assert/strict';
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { createSigningKeyService, generateSigningKey } from '../../../server/workspaces/signing-key.service.ts';
import type { SigningKeyService } from '../../../server/workspaces/signing-key.service.ts';
import { workspaceSettingsSchema } from '../../../server/workspaces/workspace.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

const hour = 3_600_000;
const minute = 60_000;

describe('generateSigningKey', () => {
  for (const alg of ['ES256', 'RS256', 'PS256'] as const) {
    it(`makes a key that signs ${alg}, named by its thumbprint (RFC 7638)`, async () => {
      const { kid, privateJwk } = await generateSigningKey(alg, heldClock());
      assert.equal(kid, await calculateJwkThumbprint(privateJwk));
      assert.deepEqual([privateJwk.kid, privateJwk.alg, privateJwk.use], [kid, alg, 'sig']);
      const token = await new SignJWT({}).setProtectedHeader({ alg, kid }).sign(await importJWK(privateJwk));
      const { d: _, p, q, dp, dq, qi, ...publicJwk } = privateJwk;
      assert.equal(
        [p, q, dp, dq, qi].every((member) => member !== undefined),
        alg !== 'ES256',
      );
      await jwtVerify(token, await importJWK(publicJwk), { algorithms: [alg] });
    });
  }

  it('makes RSA keys of at least 2048 bits (RFC 7518 §3.3)', async () => {
    const { privateJwk } = await generateSigningKey('RS256', heldClock());
    assert.ok(Buffer.from(privateJwk.n ?? '', 'base64url').length >= 256);
  });
});

onEachDatabase('SigningKeyService', (open) => {
  const clock = heldClock();
  let knex: Knex;
  let service: SigningKeyService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  before(async () => {
    knex = await open();
    service = createSigningKeyService({ unitOfWork: unitOfWorkOn(knex, clock), clock });
  });
  beforeEach(async () => {
    clock.set(noon);
    ({ tenant, workspace } = await seedTenant(knex));
  });

  it('signs with the fresh key, and publishes the old one while anything it signed is valid', async () => {
    const { workspaces, signingKeys } = storesOf(knex);
    const settings = workspaceSettingsSchema.parse({ access_token_ttl: '30m', id_token_ttl: '2h' });
    const longLived = workspaceOf(tenant, { settings });
    await workspaces.insert(longLived);
    const first = await service.rotate(tenant, longLived.id);
    clock.set(noon + hour);
    const second = await service.rotate(tenant, longLived.id);
    const removableAt = noon + hour + 2 * hour + minute;
    assert.deepEqual(await signingKeys.list(tenant, longLived.id), [
      second,
      { ...first, state: 'retired', removableAt },
    ]);
    assert.equal((await workspaces.findEdition(tenant, longLived.id))?.revision, 3);
    assert.deepEqual(await eventsOf(knex, tenant), ['server updated', 'server updated']);
    clock.set(removableAt);
    const third = await service.rotate(tenant, longLived.id);
    const kids = (await signingKeys.list(tenant, longLived.id)).map(({ kid }) => kid);
    assert.deepEqual(kids, [third.kid, second.kid]);
  });

  it('leaves exactly one active key after ten rotations at once', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => service.rotate(tenant, workspace)));
    const keys = await storesOf(knex).signingKeys.list(tenant, workspace);
    assert.equal(new Set(made.map(({ kid }) => kid)).size, 10);
    assert.equal(keys.length, 10);
    assert.equal(keys.filter(({ state }) => state === 'active').length, 1);
    assert.equal((await storesOf(knex).workspaces.findEdition(tenant, workspace))?.revision, 11);
  });

  it('revokes a key that signs no more, and never the one that signs', async () => {
    const { signingKeys, workspaces } = storesOf(knex);
    const first = await service.rotate(tenant, workspace);
    await assert.rejects(service.revoke(tenant, workspace, first.kid), (error) =>
      isPlatformError(error, 'bad_request'),
    );
    const second = await service.rotate(tenant, workspace);
    const { tenant: other, workspace: others } = await seedTenant(knex);
    await assert.rejects(service.revoke(other, others, first.kid), (error) => isPlatformError(error, 'not_found'));
    assert.equal((await service.revoke(tenant, workspace, first.kid)).kid, first.kid);
    assert.deepEqual(
      (await signingKeys.list(tenant, workspace)).map(({ kid }) => kid),
      [second.kid],
    );
    assert.equal((await workspaces.findEdition(tenant, workspace))?.revision, 4);
    await assert.rejects(service.revoke(tenant, workspace, first.kid), (error) => isPlatformError(error, 'not_found'));
  });

  it('puts no private member into the event', async () => {
    const { privateJwk } = await service.rotate(tenant, workspace);
    const events = JSON.stringify(await knex('audit_events').where({ tenant_id: tenant }).select());
    assert.ok(events.includes('server_updated'));
    assert.ok(privateJwk.d !== undefined && !events.includes(privateJwk.d));
  });

  it('refuses a workspace that is not there', async () => {
    const rotated = service.rotate(tenant, workspaceId('nowhere'));
    await assert.rejects(rotated, (error) => isPlatformError(error, 'not_found'));
  });
});
