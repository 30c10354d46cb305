/** What an import leaves behind that is stopped while it writes: whole trees, or batches that the same import goes on from. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allOf } from '../../../server/kernel/all-pages.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import type { Platform } from '../../../server/compose.ts';
import { onEachEmptyDatabase } from '../../support/databases.ts';
import { bytesOf, openDeployment, type Deployment } from '../../support/deployment.ts';
import { clientsOf, whole } from '../../support/dying-import.ts';
import { clientOf } from '../../support/stores.ts';

const tenant = tenantId('default');
const killed = workspaceId('killed');
const script = fileURLToPath(new URL('../../support/import-and-die.ts', import.meta.url));

const load = ({ importer }: Pick<Deployment, 'importer'>, body: unknown) =>
  importer.run({ tenantId: tenant, mode: 'update', dryRun: false, body: bytesOf(body) });
async function idsIn({ clients }: Platform['stores']): Promise<readonly string[]> {
  const ids: string[] = [];
  const all = allOf(
    (query) => clients.list(tenant, killed, query),
    ({ id }) => id,
  );
  for await (const { id } of all) ids.push(id);
  return ids;
}

onEachEmptyDatabase('an import that is killed', (url) => {
  let dataDir: string;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-killed-'));
  });
  /** @returns the deployment as it is found when it is started again */
  const dyingAt = async (transaction: number, count: number): Promise<Deployment> => {
    const child = spawn(process.execPath, [script, url(), dataDir, String(transaction), String(count)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const signal = await new Promise((resolve) =>
      child.once('close', (_code, name) => {
        resolve(name);
      }),
    );
    assert.equal(signal, 'SIGKILL', 'it did not end by itself');
    return openDeployment(url(), { dataDir, whole });
  };

  it('leaves nothing of a tree that is written in one transaction, and whole batches of a larger one', async function () {
    this.timeout(180_000);
    const small = await dyingAt(1, whole.objects - 1);
    assert.equal(await small.platform.stores.workspaces.find(tenant, killed), undefined);
    await small.platform.close();

    const dump = clientsOf(120);
    const found = await dyingAt(2, 120);
    try {
      const { stores } = found.platform;
      const left = await idsIn(stores);
      assert.deepEqual(
        left,
        dump.clients.slice(0, 49).map(({ client_id: id }) => id),
        'of fifty objects one is the workspace',
      );
      const kept = await stores.clients.findInTenant(tenant, clientId('killed-000'));
      const { counts } = await load(found, dump);
      assert.deepEqual(counts, { create: 71, update: 0, keep: 50, conflict: 0 }, 'it goes on where it was');
      assert.deepEqual(
        await idsIn(stores),
        dump.clients.map(({ client_id: id }) => id),
      );
      const after = await stores.clients.findInTenant(tenant, clientId('killed-000'));
      assert.equal(after?.secret, kept?.secret, 'what somebody may use already is the same');
      assert.equal((await load(found, dump)).counts.keep, 121);
    } finally {
      await found.close();
    }
  });
});

onEachEmptyDatabase('an import in whose way something comes while it is written', (url) => {
  it('changes nothing of its tree, and says which object it was', async function () {
    this.timeout(120_000);
    let meanwhile: (() => Promise<unknown>) | undefined;
    const house = await openDeployment(url(), {
      through: (run) => async (work) => {
        const first = meanwhile;
        meanwhile = undefined;
        await first?.();
        return run(work);
      },
    });
    try {
      const { clients } = house.platform.stores;
      // More than a batch comes before it.
      meanwhile = () => clients.insert(clientOf(tenant, workspaceId('demo'), 'killed-090', {}));
      await assert.rejects(load(house, clientsOf(120)), (error: unknown) => {
        assert.ok(isPlatformError(error, 'conflict'), String(error));
        assert.match(error.message, /^\/clients\/90 \(killed-090\): The workspace demo has a client of this id/);
        return true;
      });
      assert.equal(await house.platform.stores.workspaces.find(tenant, killed), undefined);
      assert.deepEqual(await idsIn(house.platform.stores), []);
      const { length } = await house.platform.database('audit_events').where({ subject: 'import' });
      assert.equal(length, 0, 'of nothing it is told that it was imported');
    } finally {
      await house.close();
    }
  });
});
