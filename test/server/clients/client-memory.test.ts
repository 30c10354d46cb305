/** What is remembered of clients, for how long, and what is not. */
import assert from 'node:assert/strict';
import { createClientMemory, type ClientMemory } from '../../../server/clients/client-memory.ts';
import type { Client } from '../../../server/clients/client.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock } from '../../support/stores.ts';

const place = { tenantId: tenantId('acme'), workspaceId: workspaceId('shop'), id: clientId('app') };
const client: Client = {
  ...place,
  status: 'active',
  trusted: false,
  metadata: {},
  secret: undefined,
  rotatedSecrets: [],
  createdAt: noon,
  updatedAt: noon,
};
const changed: Client = { ...client, status: 'inactive' };

describe('ClientMemory', () => {
  let memory: ClientMemory;
  let clock: ReturnType<typeof heldClock>;
  let stored: Client | undefined;
  let reads: number;
  const read = (): Promise<Client | undefined> => {
    reads += 1;
    return Promise.resolve(stored);
  };
  const recall = () => memory.recall(place, read);

  beforeEach(() => {
    clock = heldClock();
    memory = createClientMemory({ clock });
    stored = client;
    reads = 0;
  });

  it('reads a client once in a second, and sees then what another process changed', async () => {
    assert.equal(await recall(), client);
    stored = changed;
    clock.set(noon + 999);
    assert.equal(await recall(), client);
    assert.equal(reads, 1);
    clock.set(noon + 1000);
    assert.equal(await recall(), changed);
  });

  it('counts the second from before it read: a slow answer is not believed for longer', async () => {
    await memory.recall(place, () => {
      clock.set(noon + 900);
      return read();
    });
    clock.set(noon + 1000);
    await recall();
    assert.equal(reads, 2);
  });

  it('never remembers that there is none', async () => {
    stored = undefined;
    assert.equal(await recall(), undefined);
    stored = client;
    assert.equal(await recall(), client);
  });

  it('tells clients of other workspaces and tenants apart, whatever their ids hold', async () => {
    await recall();
    const other = { ...place, workspaceId: workspaceId('shop","app'), id: clientId('') };
    await memory.recall(other, read);
    await memory.recall({ ...place, tenantId: tenantId('other') }, read);
    assert.equal(reads, 3);
  });

  it('forgets what this process writes, and remembers nothing of it before that can be committed', async () => {
    await recall();
    memory.distrust(place);
    assert.equal(await recall(), client);
    stored = changed;
    assert.equal(await recall(), changed);
    assert.equal(reads, 3);
  });

  it('does not remember what was read before it was written and answered after', async () => {
    const slow = Promise.withResolvers<Client>();
    const reading = memory.recall(place, () => slow.promise);
    memory.distrust(place);
    slow.resolve(client);
    await reading;
    stored = changed;
    assert.equal(await recall(), changed);
  });

  it('renews: reads whatever it remembers, and remembers that', async () => {
    await recall();
    stored = changed;
    assert.equal(await memory.renew(place, read), changed);
    assert.equal(await recall(), changed);
    assert.equal(reads, 2);
  });
});
