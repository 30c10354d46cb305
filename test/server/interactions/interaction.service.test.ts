/** A login as the web tier moves it, on real rows and with the real activities. */
import assert from 'node:assert/strict';
import { createInteractionService, type InteractionService } from '../../../server/interactions/interaction.service.ts';
import { createLoginAddresses } from '../../../server/interactions/login-addresses.ts';
import { byRefusal, type ProofContent } from '../../../server/interactions/proof.ts';
import { newId, clientId as clientIdOf } from '../../../server/kernel/ids.ts';
import type { AuthorizationRequest } from '../../../server/interactions/authorization-request.ts';
import type { LoginStart } from '../../../workflows/contract/authentication.ts';
import { LoginMoved, WorkflowsUnavailable } from '../../../workflows/client.ts';
import { createDirectLogins, type DirectLogins } from '../../support/direct-logins.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { authorizationRequest } from '../../support/interactions.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { testSealer } from '../../support/stores.ts';
import { createDataKeyStore } from '../../../server/tenants/data-key.store.ts';

onEachDatabase('InteractionService', (open) => {
  let house: LoginRows;
  let logins: DirectLogins;
  let service: InteractionService;
  let started: LoginStart[];

  beforeEach(async () => {
    const knex = await open();
    house = await openLoginRows(knex);
    logins = createDirectLogins(() => house.activities);
    started = [];
    service = createInteractionService({
      ...house.stores,
      addresses: createLoginAddresses(house.stores.artifacts),
      unitOfWork: house.unitOfWork,
      cases: house.cases,
      selection: { admit: (_, known) => Promise.resolve(known) },
      clock: house.clock,
      dataKeys: createDataKeyStore(knex, { sealer: testSealer }),
      workflows: {
        ...logins,
        advance(login, moves) {
          started.push(login);
          return logins.advance(login, moves);
        },
      },
    });
  });

  const from = { ip: '203.0.113.7', headers: {} };
  const workspace = async () => {
    const found = await house.stores.workspaces.find(house.client.tenantId, house.client.workspaceId);
    assert.ok(found);
    return found;
  };
  const at = async (request: AuthorizationRequest) => ({ workspace: await workspace(), client: house.client, request });
  /** A request that the engine keeps, and that no row of ours knows yet. */
  async function asked(change: Partial<AuthorizationRequest> = {}): Promise<AuthorizationRequest> {
    const row = await house.begin();
    await house.knex('interactions').where({ tenant_id: row.tenantId, id: row.id }).delete();
    const expiresAt = house.clock.now() / 1000 + 3600;
    return authorizationRequest({ uid: row.uid, cid: row.id, clientId: house.client.id, expiresAt, ...change });
  }
  const opened = async (change?: Partial<AuthorizationRequest>) =>
    service.open(await at(await asked(change)), undefined, from);
  const yes = (subject = 'sub-of-ada'): ProofContent => ({
    kind: 'consented',
    subject,
    decision: 'allow',
    grantedScopes: ['openid', 'profile'],
    details: {},
  });
  const reread = async (row: Awaited<ReturnType<typeof opened>>) => {
    const found = await house.row(row);
    assert.ok(found);
    return found;
  };

  it('opens one row for two tabs, which ends when the request of the engine does', async () => {
    const request = await asked();
    const login = await at(request);
    const [one, two] = await Promise.all([service.open(login, undefined, from), service.open(login, undefined, from)]);
    assert.deepEqual(one, two);
    assert.equal(one.expiresAt, request.expiresAt * 1000);
    assert.equal(await house.count('interactions'), 1);
  });

  it('moves to consent and commits; the same nonce twice is one move', async () => {
    const row = await opened();
    const nonce = newId();
    const move = { nonce, content: house.password };
    assert.deepEqual(await service.move(house.client, row, move), { kind: 'step', step: 'consent' });
    assert.deepEqual(await service.move(house.client, row, move), { kind: 'step', step: 'consent' });
    assert.equal(await house.count('proofs'), 1);
    const next = await service.move(house.client, await reread(row), { nonce: newId(), content: yes() });
    assert.deepEqual(next, { kind: 'committed', outcome: 'granted' });
  });

  it('gives the workflow no more time than the login has left', async () => {
    const row = await opened();
    house.clock.set(house.clock.now() + 600_000);
    await service.move(house.client, row, { nonce: newId(), content: house.password });
    assert.equal(started[0]?.lifetimeMs, 3_000_000);
  });

  it('names the application to operations in at most 80 bytes, cut at a character', async () => {
    const client = { ...house.client, metadata: { ...house.client.metadata, client_name: '💐'.repeat(100) } };
    await service.move(client, await opened(), { nonce: newId(), content: house.password });
    assert.equal(started[0]?.title, `${'💐'.repeat(20)}…`);
  });

  it('sends what was kept together with something else, where nobody lived to send it, and it is one move', async () => {
    const row = await opened();
    const move = { nonce: newId(), content: house.password };
    const cutOff = house.unitOfWork.run(async (stores) => {
      await service.keep(stores, row, move);
      throw new RangeError('cut off');
    });
    await assert.rejects(cutOff, /cut off/);
    assert.equal(await service.resume(house.client, row, 'authenticate'), undefined);
    await house.unitOfWork.run((stores) => service.keep(stores, row, move));
    assert.deepEqual(await service.resume(house.client, row, 'authenticate'), { kind: 'step', step: 'consent' });
    assert.deepEqual(await service.move(house.client, row, move), { kind: 'step', step: 'consent' });
    assert.equal(await house.count('proofs'), 1);
  });

  describe('resume', () => {
    it('sends again what was proven and never acknowledged', async () => {
      const row = await opened();
      logins.failNext(1, 'before');
      const away = service.move(house.client, row, { nonce: newId(), content: house.password });
      await assert.rejects(away, WorkflowsUnavailable);
      const next = await service.resume(house.client, row, 'authenticate');
      assert.deepEqual(next, { kind: 'step', step: 'consent' });
      assert.equal(await service.resume(house.client, await reread(row), 'consent'), undefined);
    });

    it('asks again for a lost answer of the commit', async () => {
      await house.stores.clients.update({ ...house.client, trusted: true });
      const row = await opened();
      logins.failNext(1, 'after');
      await assert.rejects(service.move(house.client, row, { nonce: newId(), content: house.password }));
      const atCommit = { ...(await reread(row)), step: 'commit' };
      assert.deepEqual(await service.resume(house.client, atCommit, 'commit'), {
        kind: 'committed',
        outcome: 'granted',
      });
    });

    it('sends nothing that is too old, of another step, or of another person', async () => {
      const row = await opened();
      await service.move(house.client, row, { nonce: newId(), content: house.password });
      logins.failNext(1, 'before');
      const atConsent = await reread(row);
      await assert.rejects(service.move(house.client, atConsent, { nonce: newId(), content: yes() }));
      assert.equal(await service.resume(house.client, atConsent, 'authenticate'), undefined);
      const bob = { ...atConsent, person: { ...house.ada, subject: 'sub-of-bob' } };
      assert.equal(await service.resume(house.client, bob, 'consent'), undefined);
      house.clock.set(house.clock.now() + 600_000);
      assert.equal(await service.resume(house.client, atConsent, 'consent'), undefined);
    });

    it('says that the login waits for something else', async () => {
      const row = await opened();
      await service.move(house.client, row, { nonce: newId(), content: house.password });
      await house.prove(row, { kind: 'step', subject: 'sub-of-ada', stepId: 'gone', outcome: 'passed', data: {} });
      await assert.rejects(service.resume(house.client, await reread(row), 'gone'), LoginMoved);
    });
  });

  it('lets a step be done again that could not be done, with the row where the workflow waits', async () => {
    const row = await opened();
    await house.knex.schema.renameTable('scopes', 'scopes_away');
    let next;
    try {
      next = await service.move(house.client, row, { nonce: newId(), content: house.password });
    } finally {
      await house.knex.schema.renameTable('scopes_away', 'scopes');
    }
    assert.deepEqual(next, { kind: 'refused', step: 'authenticate', reason: 'unavailable' });
    const [proof] = await house.stores.proofs.listOf(row.tenantId, row.workspaceId, row.id);
    assert.equal(proof?.consumedBy, byRefusal);
    assert.equal(await service.resume(house.client, row, 'authenticate'), undefined, 'it is never sent again');
    const again = await service.move(house.client, row, { nonce: newId(), content: house.password });
    assert.deepEqual(again, { kind: 'step', step: 'consent' });
  });

  it('forgets the person, and takes the next one', async () => {
    const row = await opened();
    await service.move(house.client, row, { nonce: newId(), content: house.password });
    await service.startOver(row);
    assert.deepEqual([(await reread(row)).step, (await reread(row)).person], ['authenticate', undefined]);
    const bob = { ...house.password, person: { ...house.ada, subject: 'sub-of-bob' } };
    await service.move(house.client, await reread(row), { nonce: newId(), content: bob });
    assert.equal((await reread(row)).person?.subject, 'sub-of-bob');
  });

  it('ends what is cancelled, tells its workflow, and bothers Temporal with no other', async () => {
    const request = await asked();
    const row = await service.open(await at(request), undefined, from);
    await service.cancel(row, request);
    assert.deepEqual([(await reread(row)).state, (await reread(row)).reason], ['denied', 'cancelled']);
    assert.equal(logins.ended.size, 0);

    const next = await asked();
    const waiting = await service.open(await at(next), undefined, from);
    await service.move(house.client, waiting, { nonce: newId(), content: house.password });
    await service.cancel(await reread(waiting), next);
    while (logins.ended.get(waiting.id) === undefined) await new Promise(setImmediate);
    assert.deepEqual(logins.ended.get(waiting.id), { outcome: 'denied', reason: 'told' });
  });

  it('follows the engine to another uid while the login is open, and not after', async () => {
    const [request, place] = [await asked(), await workspace()];
    await service.open(await at(request), undefined, from);
    const moved = await service.open(await at({ ...request, uid: 'uid-2' }), undefined, from);
    assert.equal(moved.uid, 'uid-2');
    assert.equal((await reread(moved)).uid, 'uid-2');
    assert.equal((await service.open(await at(request), undefined, from)).uid, 'uid-2', 'and never back');
    for (const uid of [request.uid, 'uid-2']) assert.equal((await service.find(place, uid))?.id, moved.id);
    assert.equal(await service.find(place, 'uid-3'), undefined);
    await service.cancel(moved, request);
    assert.equal((await service.open(await at({ ...request, uid: 'uid-3' }), undefined, from)).uid, 'uid-2');
  });

  it('knows nobody from a session that no login of ours made', async () => {
    const session = { subject: 'sub-of-ada', grantIds: ['unknown'] };
    const row = await service.open(await at(await asked({ asks: 'consent' })), session, from);
    assert.deepEqual([row.step, row.person], ['authenticate', undefined]);
  });

  describe('giveUp', () => {
    it('ends an open login as stopped, and leaves one that was committed as it is', async () => {
      const row = await opened();
      assert.equal(await service.giveUp(row), true);
      const ended = await reread(row);
      assert.deepEqual([ended.state, ended.reason, ended.committedAt], ['expired', 'stopped', house.clock.now()]);
      assert.equal(await service.giveUp(row), false);

      await house.stores.clients.update({ ...house.client, trusted: true });
      const other = await opened();
      await service.move(house.client, other, { nonce: newId(), content: house.password });
      assert.equal(await service.giveUp(other), false);
      assert.equal((await reread(other)).state, 'granted');
    });
  });

  describe('a session', () => {
    /** @param later seconds after her own proof */
    const grantOf = async (satisfied: readonly string[], later: number, subject = 'sub-of-ada') => {
      const grantId = newId();
      await house.stores.snapshots.insert(
        house.client.tenantId,
        house.client.workspaceId,
        {
          ...house.ada,
          subject,
          authTime: house.ada.authTime + later,
          grantId,
          clientId: clientIdOf('another'),
          interactionId: (await house.begin()).id,
          context: {},
          satisfied,
        },
        house.clock.now() + 3_600_000,
      );
      return grantId;
    };

    it('brings its person along, with what any of their logins satisfied and nothing of anybody else', async () => {
      const grantIds = [
        await grantOf(['step:terms'], 5),
        await grantOf(['idp:people'], 9),
        await grantOf(['admin'], 99, 'sub-of-bob'),
      ];
      const session = { subject: 'sub-of-ada', grantIds };
      const row = await service.open(await at(await asked({ asks: 'consent' })), session, from);
      assert.deepEqual([row.step, row.person?.authTime], ['consent', house.ada.authTime + 9]);
      const [proof] = await house.stores.proofs.listOf(row.tenantId, row.workspaceId, row.id);
      assert.deepEqual(proof?.content.kind === 'authenticated' && [...proof.content.satisfied].toSorted(), [
        'idp:people',
        'step:terms',
      ]);
    });

    it('commits at once, for a trusted application, once for two tabs', async () => {
      await house.stores.clients.update({ ...house.client, trusted: true });
      const session = { subject: 'sub-of-ada', grantIds: [await grantOf([], 5)] };
      const login = await at(await asked({ asks: 'consent' }));
      const rows = await Promise.all([service.open(login, session, from), service.open(login, session, from)]);
      for (const row of rows) assert.equal((await reread(row)).state, 'granted');
      assert.equal(started.length, 0);
      const grants: readonly unknown[] = await house
        .knex('oidc_artifacts')
        .where({ tenant_id: house.client.tenantId, model: 'Grant' });
      assert.equal(grants.length, 1);
    });

    it('is worth nothing once its person was disabled', async () => {
      const session = { subject: 'sub-of-ada', grantIds: [await grantOf([], 5)] };
      await house.stores.users.update({ ...house.user, status: 'inactive' });
      const row = await service.open(await at(await asked({ asks: 'consent' })), session, from);
      assert.deepEqual([row.step, row.person], ['authenticate', undefined]);
    });
  });
});
