/** Moving groups and who is in them between deployments, and what an attacker would bring along. */
import assert from 'node:assert/strict';
import { groupId, poolId, tenantId, userId } from '../../../server/kernel/ids.ts';
import { isPlatformError, type ErrorCode } from '../../../server/kernel/errors.ts';
import { mostGroups, mostGroupsOfUser } from '../../../server/groups/group.ts';
import { createGroupService } from '../../../server/groups/group.service.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { onEachEmptyDatabase } from '../../support/databases.ts';
import { bytesOf, openDeployment, textOf, type Deployment } from '../../support/deployment.ts';

const mine = tenantId('default');
const pool = poolId('demo-pool');

onEachEmptyDatabase('importing groups', (url) => {
  let from: Deployment;
  let to: Deployment;
  before(async function () {
    this.timeout(60_000);
    from = await openDeployment();
    to = await openDeployment(url());
    const service = createGroupService({ unitOfWork: from.platform.unitOfWork, clock });
    const make = (id: string, parent?: string) =>
      service.create(mine, pool, id, {
        name: `The ${id}`,
        description: '',
        parent: parent === undefined ? undefined : groupId(parent),
      });
    await make('z');
    // Ids sort otherwise than the tree.
    await make('m', 'z');
    await make('a', 'm');
    await service.addUser({ tenantId: mine, poolId: pool, id: groupId('a') }, userId('demo-person'));
    await service.addUser({ tenantId: mine, poolId: pool, id: groupId('z') }, userId('demo-person'));
  });
  after(async () => {
    await from.close();
    await to.close();
  });

  const dump = (house = to) => textOf(house.identity.exporter.run({ tenantId: mine }));
  const run = (body: unknown) =>
    to.identity.importer.run({ tenantId: mine, mode: 'update', dryRun: false, body: bytesOf(body) });
  const refused = async (body: unknown, code: ErrorCode, pointers: readonly string[]) => {
    const before = await dump();
    await assert.rejects(run(body), (error: unknown) => {
      assert.ok(isPlatformError(error, code), String(error));
      const { details = [] } = error as { details?: readonly { pointer: string }[] };
      assert.deepEqual(
        details.map(({ pointer }) => pointer),
        pointers,
        error.message,
      );
      return true;
    });
    assert.equal(await dump(), before, 'nothing is written');
  };
  const group = (path: string, more = {}) => ({
    id: path.split('/').at(-1),
    user_pool_id: pool,
    name: path,
    path,
    ...more,
  });

  it('makes those of another deployment equal, byte for byte', async () => {
    const all = await dump(from);
    assert.match(all, /"groups":\[\{[^\]]*"path":"z\/m\/a"/);
    assert.match(all, /"group_members":\[\{"group_id":"a"/);
    await run(all);
    assert.equal(await dump(), all);
    const again = await run(all);
    assert.deepEqual([again.counts.create, again.counts.update], [0, 0]);
    const { groups, memberships } = to.platform.stores;
    const top = await groups.find(mine, pool, groupId('z'));
    assert.ok(top);
    assert.equal(await memberships.has(top, userId('demo-person'), true), true);
  });

  it('changes what is said of one, and keeps who is in it', async () => {
    await run({ groups: [group('z', { name: 'Renamed' })] });
    const changed = await dump();
    assert.match(changed, /"name":"Renamed"/);
    assert.match(changed, /"group_id":"z"/);
  });

  it('names what is wrong, and writes nothing', async () => {
    await refused({ groups: [group('none/x')] }, 'unprocessable_entity', ['/groups/0/path']);
    // Its parent is there, and elsewhere than the path says.
    await refused({ groups: [group('m/x')] }, 'unprocessable_entity', ['/groups/0/path']);
    await refused({ groups: [group('p'), group('q/p/x')] }, 'unprocessable_entity', ['/groups/1/path']);
    await refused({ groups: [group('x', { path: 'y' })] }, 'unprocessable_entity', ['/groups/0/path']);
    await refused({ groups: [group('m')] }, 'conflict', ['/groups/0']);
    await refused({ groups: [group('x'), group('x')] }, 'unprocessable_entity', ['/groups/1']);
    const deep = Array.from({ length: 9 }, (_, at) =>
      group(Array.from({ length: at + 1 }, (__, level) => `d${String(level)}`).join('/')),
    );
    await refused({ groups: deep }, 'unprocessable_entity', ['/groups/8/path']);
    const member = { user_pool_id: pool, group_id: 'z', user_id: 'demo-person' };
    await refused({ group_members: [{ ...member, group_id: 'none' }] }, 'unprocessable_entity', [
      '/group_members/0/group_id',
    ]);
    await refused({ group_members: [{ ...member, user_id: 'nobody' }] }, 'unprocessable_entity', [
      '/group_members/0/user_id',
    ]);
  });

  it('finds names that are taken before anything is written', async () => {
    await refused({ groups: [group('n1', { name: 'N' }), group('n2', { name: 'N' })] }, 'unprocessable_entity', [
      '/groups/1/name',
    ]);
    await refused({ groups: [group('z/n', { name: 'The m' })] }, 'conflict', ['/groups/0']);
    // In another place the name is free.
    const { counts } = await run({ groups: [group('n3', { name: 'The m' })] });
    assert.equal(counts.create, 1);
  });

  it('finds more than may be before anything is written', async function () {
    this.timeout(60_000);
    const many = Array.from({ length: mostGroups + 1 }, (_, at) => group(`b${String(at)}`));
    // By id: the last of them is b9999.
    await refused({ groups: many }, 'unprocessable_entity', [`/groups/${String(mostGroups - 1)}`]);
    const some = many.slice(0, mostGroupsOfUser + 1);
    const members = some.map(({ id }) => ({ user_pool_id: pool, group_id: id, user_id: 'demo-person' }));
    await refused({ groups: some, group_members: members }, 'unprocessable_entity', [
      `/group_members/${String(mostGroupsOfUser)}/user_id`,
    ]);
  });

  it('finds a ring of groups before anything is written', async () => {
    const ring = [group('s/r', { id: 'r' }), group('r/s', { id: 's' })];
    await refused({ groups: ring }, 'unprocessable_entity', ['/groups/0/path', '/groups/1/path']);
  });
});
