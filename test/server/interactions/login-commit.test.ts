/** The end of a login: whole, once, and told of. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import { commitDenied, commitGone, commitGranted, writeResult } from '../../../server/interactions/login-commit.ts';
import { newId } from '../../../server/kernel/ids.ts';
import { interactionFailure } from '../../../server/oauth2/grant.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { authorizationRequest } from '../../support/interactions.ts';
import { audience, openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { eventsOf } from '../../support/stores.ts';

const named = z.object({ claims: z.array(z.string()).optional() });
const grantSchema = z.object({ openid: named, rejected: z.object({ openid: named }).optional() });
const resultSchema = z.object({ consent: z.object({ grantId: z.string() }) });

onEachDatabase('login-commit', (open) => {
  let house: LoginRows;
  beforeEach(async () => {
    house = await openLoginRows(await open());
  });

  const requestOf = (login: Interaction) =>
    authorizationRequest({
      uid: login.uid,
      cid: login.id,
      clientId: login.clientId,
      expiresAt: login.expiresAt / 1000,
    });
  const granted = (login: Interaction, decided = true) => ({
    grantId: newId(),
    interaction: login,
    request: requestOf(login),
    person: house.ada,
    context: { name: 'Ada Lovelace' },
    satisfied: ['idp:people'],
    grantedScopes: ['openid', 'email'],
    deniedScopes: ['profile'],
    audience,
    decision: decided ? { type: 'generic', details: {}, expiresAt: undefined } : undefined,
    now: house.clock.now(),
    grantLifetime: 1000,
    contributedClaims: [],
  });
  const grant = (login: Interaction, decided?: boolean) =>
    house.unitOfWork.run((stores) => commitGranted(stores, granted(login, decided)));
  const deny = (login: Interaction) =>
    house.unitOfWork.run((stores) =>
      commitDenied(stores, {
        interaction: login,
        request: requestOf(login),
        error: 'access_denied',
        description: 'no',
        reason: 'consent_denied',
        now: house.clock.now(),
      }),
    );
  const resultOf = async (login: Interaction) => {
    const key = { tenantId: login.tenantId, workspaceId: login.workspaceId, model: 'Interaction' };
    return (await house.stores.artifacts.find(key, login.uid))?.payload['result'];
  };

  it('grants: consent, grant, snapshot, result and events', async () => {
    const login = await house.begin();
    assert.deepEqual(await grant(login), { kind: 'committed', outcome: 'granted', reason: 'granted' });
    assert.deepEqual(await eventsOf(house.knex, login.tenantId), ['consent created', 'login succeeded']);
    const [consent] = await house.stores.consents.listBySubject(login.tenantId, login.workspaceId, house.ada.subject);
    assert.deepEqual([consent?.grantedScopes, consent?.deniedScopes], [['openid', 'email'], ['profile']]);
    const snapshot = await house.stores.snapshots.find(login.tenantId, login.workspaceId, consent?.grantId ?? '');
    assert.deepEqual([snapshot?.subject, snapshot?.satisfied], ['sub-of-ada', ['idp:people']]);
    assert.deepEqual(await resultOf(login), {
      login: { accountId: 'sub-of-ada', amr: ['pwd'], ts: house.ada.authTime, remember: true },
      consent: { grantId: consent?.grantId },
    });
  });

  it('grants by name what a plugin’s scope releases, as what core’s own scopes do (OIDC Core §5.5)', async () => {
    const contributedClaims = [
      { name: 'points', scopes: ['loyalty'] },
      { name: 'card', scopes: ['wallet'] },
    ];
    const claimsWith = async (grantedScopes: readonly string[]) => {
      const login = await house.begin();
      const request = { ...requestOf(login), requestedClaims: ['email', 'points', 'card', 'salary'] };
      await house.unitOfWork.run((stores) =>
        commitGranted(stores, { ...granted(login), request, grantedScopes, contributedClaims }),
      );
      const key = { tenantId: login.tenantId, workspaceId: login.workspaceId, model: 'Grant' };
      const { grantId } = resultSchema.parse(await resultOf(login)).consent;
      const { openid, rejected } = grantSchema.parse((await house.stores.artifacts.find(key, grantId))?.payload);
      return [openid.claims, rejected?.openid.claims];
    };
    assert.deepEqual(await claimsWith(['openid', 'email', 'loyalty']), [
      ['email', 'points'],
      ['card', 'salary'],
    ]);
    assert.deepEqual(await claimsWith(['openid', 'email']), [['email'], ['points', 'card', 'salary']]);
  });

  it('keeps no consent that nobody was asked for', async () => {
    const login = await house.begin();
    await grant(login, false);
    assert.equal(await house.count('consents'), 0);
    assert.deepEqual(await eventsOf(house.knex, login.tenantId), ['login succeeded']);
  });

  it('lets the first end win, and tells the second how it was', async () => {
    const login = await house.begin();
    const denied = { kind: 'committed', outcome: 'denied', reason: 'consent_denied' };
    assert.deepEqual(await deny(login), denied);
    assert.deepEqual(await grant(login), denied);
    assert.equal(await house.count('authentication_snapshots'), 0);
    assert.deepEqual(await resultOf(login), { error: 'access_denied', error_description: 'no' });
    assert.deepEqual(await eventsOf(house.knex, login.tenantId), ['login denied']);
  });

  it('of 20 ends of two kinds at once, keeps exactly one', async () => {
    const login = await house.begin();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? grant(login) : deny(login))));
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
    const kept = answers[0]?.kind === 'committed' && answers[0].outcome === 'granted' ? 1 : 0;
    assert.equal(await house.count('consents'), kept);
    assert.equal(await house.count('authentication_snapshots'), kept);
  });

  it('leaves nothing of a commit that fails half-way', async () => {
    const login = await house.begin();
    const failing = house.unitOfWork.run((stores) =>
      commitGranted(
        { ...stores, outbox: { append: () => Promise.reject(new Error('the disk is full')) } },
        granted(login),
      ),
    );
    await assert.rejects(failing, /disk is full/);
    for (const table of ['consents', 'authentication_snapshots', 'audit_events'])
      assert.equal(await house.count(table), 0);
    assert.equal((await house.row(login))?.state, 'open');
    assert.equal(await resultOf(login), undefined);
  });

  it('ends what nobody can answer any more, once', async () => {
    const login = await house.begin();
    const end = () => house.unitOfWork.run((stores) => commitGone(stores, login, 'request_gone', house.clock.now()));
    assert.deepEqual(await end(), { outcome: 'denied', reason: 'request_gone' });
    assert.equal((await end()).reason, 'request_gone');
    assert.deepEqual(await eventsOf(house.knex, login.tenantId), ['login denied']);
  });

  it('writes no result where the engine keeps no request', async () => {
    const login = await house.begin();
    const request = { ...requestOf(login), uid: 'another' };
    await writeResult(house.stores, login, request, interactionFailure('interaction_required', 'over'));
    const rows: readonly unknown[] = await house.knex('oidc_artifacts').where({ tenant_id: login.tenantId });
    assert.equal(rows.length, 1);
  });
});
