import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createEventStore } from '../../../server/audit/event.store.ts';
import { createOutboxStore, deliveryLifetimeMs } from '../../../server/audit/outbox.store.ts';
import type { OutboxStore } from '../../../server/audit/event.ts';
import { newId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import type { DomainEvent } from '../../../server/kernel/events.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';

onEachDatabase('OutboxStore', (open) => {
  let knex: Knex;
  let outbox: OutboxStore;
  /** The same rows through a pool of its own, as another process has them. */
  let elsewhere: OutboxStore;

  before(async () => {
    knex = await open();
    outbox = createOutboxStore(knex);
    elsewhere = createOutboxStore(await open());
  });
  beforeEach(async () => {
    await knex('outbox').delete();
  });

  const happen = (at: number, observer = 'webhooks', workspace?: string): Promise<DomainEvent> =>
    createEventStore(knex, { clock: { now: () => at }, observers: [{ name: observer, wants: () => true }] }).append({
      tenantId: tenantId(newId()),
      ...(workspace === undefined ? {} : { workspaceId: workspaceId(workspace) }),
      subject: 'consent',
      action: 'created',
      metadata: { client_id: 'client' },
      payload: { consent_created: { nested: ['ü'] } },
    });
  const claim = (now: number, members: Partial<Parameters<OutboxStore['claimDue']>[0]> = {}) =>
    outbox.claimDue({ names: ['webhooks'], now, limit: 10, leaseMs: 1000, ...members });

  it('hands out what is due, oldest first and whole, so many at a time', async () => {
    const second = await happen(noon + 1, 'webhooks', 'w');
    const first = await happen(noon);
    await happen(noon + 3);
    assert.deepEqual(await claim(noon + 2), [
      { observer: 'webhooks', event: first, attempts: 1 },
      { observer: 'webhooks', event: second, attempts: 1 },
    ]);
    assert.equal((await claim(noon + 3, { limit: 0 })).length, 0);
  });

  it('knows whether an observer is still to be told of what happened earlier in a workspace', async () => {
    const { tenantId: tenant } = await happen(noon, 'webhooks', 'w');
    const isBehind = (before: number, observer = 'webhooks', workspace = 'w', of = tenant) =>
      outbox.isBehind(observer, of, workspaceId(workspace), before);
    assert.deepEqual([await isBehind(noon + 1), await isBehind(noon)], [true, false]);
    assert.deepEqual(
      [
        await isBehind(noon + 1, 'mail'),
        await isBehind(noon + 1, 'webhooks', 'x'),
        await isBehind(noon + 1, 'webhooks', 'w', tenantId('other')),
      ],
      [false, false, false],
    );
    const [claimed] = await claim(noon);
    assert.ok(claimed);
    assert.equal(await isBehind(noon + 1), true, 'it is being told, and may have to be told again');
    await outbox.remove(claimed);
    assert.equal(await isBehind(noon + 1), false);
  });

  it('counts what is about the tenant as a whole as what happened where it is administered', async () => {
    const { tenantId: tenant } = await happen(noon, 'webhooks');
    const isBehind = (workspace: string) => outbox.isBehind('webhooks', tenant, workspaceId(workspace), noon + 1);
    assert.deepEqual([await isBehind('admin'), await isBehind('w')], [true, false]);
    const { tenantId: other } = await happen(noon, 'webhooks', 'admin');
    assert.equal(await outbox.isBehind('webhooks', other, workspaceId('admin'), noon + 1), true);
  });

  it('leaves alone what is for observers of other processes', async () => {
    await happen(noon, 'mail');
    assert.deepEqual(await claim(noon), []);
    assert.deepEqual(await claim(noon, { names: [] }), []);
    assert.equal((await claim(noon, { names: ['webhooks', 'mail'] })).length, 1);
  });

  it('gives each of 20 deliveries to exactly one of ten claimers at the same time', async () => {
    for (let n = 0; n < 20; n += 1) await happen(noon + n);
    const claims = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        (n % 2 === 0 ? outbox : elsewhere).claimDue({ names: ['webhooks'], now: noon + 20, limit: 20, leaseMs: 1000 }),
      ),
    );
    const ids = claims.flat().map(({ event }) => event.id);
    assert.equal(ids.length, 20);
    assert.equal(new Set(ids).size, 20);
  });

  it('is held until its lease ends, and may then be claimed again', async () => {
    await happen(noon);
    assert.equal((await claim(noon)).length, 1);
    assert.equal((await claim(noon + 999)).length, 0);
    assert.equal((await claim(noon + 1000))[0]?.attempts, 2);
  });

  it('lets nobody whose claim was lost remove or postpone it', async () => {
    await happen(noon);
    const [lost] = await claim(noon);
    const [held] = await claim(noon + 1000);
    assert.ok(lost !== undefined && held !== undefined);
    await outbox.remove(lost);
    await outbox.postpone(lost, noon);
    assert.deepEqual(await knex('outbox').pluck('due_at'), [noon + 2000]);
    await outbox.remove(held);
    assert.deepEqual(await knex('outbox').select(), []);
  });

  it('is due again when it was postponed to', async () => {
    await happen(noon);
    const [held] = await claim(noon);
    assert.ok(held !== undefined);
    await outbox.postpone(held, noon + 5000);
    assert.equal((await claim(noon + 4999)).length, 0);
    assert.equal((await claim(noon + 5000)).length, 1);
  });

  it('gives up what nobody took for two weeks, and keeps its event', async () => {
    const event = await happen(noon);
    await happen(noon + 1);
    assert.equal(await outbox.removeExpired(noon + 1 + deliveryLifetimeMs, 10), 1);
    assert.deepEqual(await knex('outbox').pluck('created_at'), [noon + 1]);
    assert.equal((await knex('audit_events').where({ id: event.id })).length, 1);
  });
});
