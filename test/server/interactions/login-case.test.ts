/** What a login's decisions are made from. */
import assert from 'node:assert/strict';
import { openDatabase } from '../../../server/db/knex.ts';
import { migrateLatest } from '../../../server/db/migrate.ts';
import { coreHistory } from '../../../server/db/migration.ts';
import { coreMigrations } from '../../../migrations/index.ts';
import type { LoginCase } from '../../../server/interactions/login-case.ts';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import { consentId, idpId, interactionId, newId } from '../../../server/kernel/ids.ts';
import { audience, openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { loyalty } from '../../support/plugins/loyalty/loyalty.ts';
import { terms } from '../../support/plugins/terms/terms.ts';

const termsOn = { plugins: { terms: { version: 1, url: 'https://acme.example/terms' } } };

describe('LoginCases', () => {
  let house: LoginRows;

  beforeEach(async () => {
    const knex = await openDatabase({ url: 'sqlite::memory:' });
    await migrateLatest(knex, { history: coreHistory, migrations: coreMigrations });
    house = await openLoginRows(knex, [terms, loyalty]);
  });
  afterEach(() => house.knex.destroy());

  const find = (login: Interaction) => house.cases.load(house.stores, login, login.id);
  async function load(login: Interaction): Promise<LoginCase> {
    const found = await find(login);
    assert.equal(found.kind, 'open');
    return found;
  }
  const needs = async (login: Interaction) => house.cases.needs(house.stores, await load(login), house.ada);
  const consented = (grantedScopes: readonly string[]) =>
    house.stores.consents.insert({
      tenantId: house.client.tenantId,
      workspaceId: house.client.workspaceId,
      id: consentId(newId()),
      type: 'generic',
      subject: house.ada.subject,
      clientId: house.client.id,
      grantId: 'g',
      grantedScopes,
      deniedScopes: [],
      details: {},
      interactionId: interactionId(newId()),
      grantedAt: house.clock.now() - 1000,
      expiresAt: undefined,
      revokedAt: undefined,
    });

  describe('load', () => {
    it('reads request, workspace, client and scopes of an open login', async () => {
      const { request, client, scopes } = await load(await house.begin());
      assert.deepEqual(request.scopes, ['openid', 'profile', 'email']);
      assert.equal(client.id, house.client.id);
      assert.ok(scopes.length > 3);
    });

    it('says how a login ended, and that there is none', async () => {
      const login = await house.begin();
      await house.stores.interactions.end(login.tenantId, login.workspaceId, login.id, {
        state: 'denied',
        reason: 'cancelled',
        at: 1,
      });
      assert.deepEqual(await find(login), { kind: 'ended', outcome: 'denied', reason: 'cancelled' });
      const unknown = { ...login, id: interactionId(newId()) };
      assert.deepEqual(await find(unknown), { kind: 'ended', outcome: 'denied', reason: 'gone' });
    });

    it('ends a login whose request, client or reading is gone, and tells of it', async () => {
      const gone = await house.begin();
      await house.knex('oidc_artifacts').delete();
      const unreadable = await house.begin({ params: { client_id: 7 } });
      const inactive = await house.begin();
      const reasons: unknown[] = [];
      for (const login of [gone, unreadable]) reasons.push(await find(login));
      await house.stores.clients.update({ ...house.client, status: 'inactive' });
      reasons.push(await find(inactive));
      assert.deepEqual(
        reasons,
        ['request_gone', 'request_unreadable', 'client_inactive'].map((reason) => ({
          kind: 'ended',
          outcome: 'denied',
          reason,
        })),
      );
      assert.equal(await house.count('audit_events'), 3);
    });
  });

  describe('needs', () => {
    it('asks for consent once, and again for more', async () => {
      assert.equal((await needs(await house.begin())).consent, true);
      await consented(['openid', 'profile', 'email']);
      assert.equal((await needs(await house.begin())).consent, false);
      assert.equal((await needs(await house.begin({ params: { scope: 'openid phone' } }))).consent, true);
    });

    it('asks a trusted application’s people nothing, unless it wants so (prompt=consent, OIDC Core §3.1.2.1)', async () => {
      await house.stores.clients.update({ ...house.client, trusted: true });
      assert.equal((await needs(await house.begin())).consent, false);
      assert.equal((await needs(await house.begin({ params: { prompt: 'consent' } }))).consent, true);
    });

    it('asks for plugin steps where they apply, whether consent is asked or not', async () => {
      await house.settings(termsOn);
      await house.stores.clients.update({ ...house.client, trusted: true });
      assert.deepEqual(await needs(await house.begin()), { steps: ['terms'], consent: false });
    });
  });

  describe('passedSteps', () => {
    it('counts what an earlier login of the session satisfied, in the version that is asked for', async () => {
      await house.settings(termsOn);
      const login = await house.begin();
      const satisfied = ['idp:people', 'step:terms@1'];
      await house.prove(login, { ...house.password, satisfied }, { consumedBy: 'session' });
      assert.deepEqual([...(await house.cases.passedSteps(house.stores, await load(login)))], ['terms']);
      await house.settings({ plugins: { terms: { ...termsOn.plugins.terms, version: 2 } } });
      assert.equal((await house.cases.passedSteps(house.stores, await load(login))).size, 0);
    });
  });

  describe('stillHolds', () => {
    const holds = async (version: number | undefined, person = house.ada) =>
      house.cases.stillHolds(
        house.stores,
        await load(await house.begin()),
        person,
        version === undefined ? undefined : { mechanism: 'password', mark: String(version) },
      );

    it('asks for the version of the credential only where the proof rests on one', async () => {
      assert.equal(await holds(1), true);
      assert.equal(await holds(undefined), true);
      assert.equal(await holds(2), false);
    });

    it('does not hold for a person of another idp, or of one that was removed from the list', async () => {
      assert.equal(await holds(1, { ...house.ada, idpId: idpId('another') }), false);
      const { tenantId, workspaceId } = house.idp;
      const fixed = {
        tenantId,
        workspaceId,
        id: idpId('fixed'),
        name: 'Fixed',
        enabled: true,
        method: 'static',
      } as const;
      await house.stores.idps.insert({ ...fixed, users: [{ username: 'sam', passwordHash: 'x', attributes: {} }] });
      const sam = { ...house.ada, idpId: fixed.id, idpSubject: 'sam', userId: undefined };
      assert.equal(await holds(undefined, sam), true);
      assert.equal(await holds(undefined, { ...sam, idpSubject: 'pam' }), false);
    });
  });

  describe('grantedBy', () => {
    it('grants what was chosen of what was asked, and nothing else', async () => {
      const login = await house.begin();
      await house.prove(login, house.password, { consumedBy: 'x' });
      const chosenScopes = ['openid', 'email', 'offline_access', 'made-up'];
      const granted = await house.cases.grantedBy(house.stores, await load(login), house.ada, {
        chosenScopes,
        details: {},
      });
      assert.deepEqual([granted.grantedScopes, granted.deniedScopes], [['openid', 'email'], ['profile']]);
      assert.equal(granted.audience, audience);
    });

    it('grants again what was granted before, and no more', async () => {
      await consented(['openid', 'email']);
      const login = await house.begin({ params: { scope: 'openid email profile' } });
      await house.prove(login, house.password, { consumedBy: 'x' });
      const granted = await house.cases.grantedBy(house.stores, await load(login), house.ada, undefined);
      assert.deepEqual(granted.grantedScopes, ['openid', 'email']);
      assert.equal(granted.decision, undefined);
    });

    it('brings along the claims of the workspace’s own plugins, and of no other', async () => {
      const login = await house.begin();
      await house.prove(login, house.password, { consumedBy: 'x' });
      const brought = async () =>
        (await house.cases.grantedBy(house.stores, await load(login), house.ada, undefined)).contributedClaims.map(
          ({ name }) => name,
        );
      assert.deepEqual(await brought(), []);
      await house.settings({ plugins: { loyalty: {} } });
      assert.ok((await brought()).includes('loyalty_card'));
    });

    it('grants nothing to a person whom nothing proves', async () => {
      const login = await house.begin();
      await house.prove(login, house.password);
      await assert.rejects(house.cases.grantedBy(house.stores, await load(login), house.ada, undefined), /no proof/);
    });
  });
});
