/** A kind of credential that is put on the list, and on nothing else, is one everywhere. */
import assert from 'node:assert/strict';
import type { Client } from '../../server/clients/client.ts';
import { checkKinds, credentialKinds, secretFieldsOf } from '../../server/compose-kinds.ts';
import { newId, userId } from '../../server/kernel/ids.ts';
import { createLog } from '../../server/ops/log.ts';
import { poolBodyOf } from '../../server/pools/pool.body.ts';
import { poolSection } from '../../server/pools/pool.section.ts';
import { toSelfBodyV2 } from '../../server/self-service/self-profile.body.ts';
import { createReadSelfProfile } from '../../server/self-service/self-profile.service.ts';
import type { Mechanism } from '../../server/pools/pool.ts';
import type { User } from '../../server/users/user.ts';
import { phraseCredential } from '../support/kinds/phrase/phrase.credential.ts';
import { phrasesOn } from '../support/kinds/phrase/phrase.store.ts';
import { base, linkIn, openOwnAccounts, passkeyLink, type OwnAccountHouse } from '../support/own-account.ts';
import { onEachEmptyDatabase } from '../support/databases.ts';
import { openDeployment, type Deployment } from '../support/deployment.ts';
import { poolOf, seedUser, userOf } from '../support/seeded.ts';
import { heldClock, seedTenant } from '../support/stores.ts';
import { createWebBrowser, hasForm, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { asking, password, place } from '../support/web-login.ts';

const kinds = [...credentialKinds, phraseCredential];
const mechanisms = kinds.map(({ mechanism }) => mechanism);
const phrase = 'four words of nobody';

describe('checkKinds', () => {
  it('stops the start where a name is taken, or is none that pages and forms could be called by', () => {
    checkKinds(kinds);
    assert.throws(() => checkKinds([...kinds, phraseCredential]), /Two kinds of credentials are called phrase/);
    for (const mechanism of ['', 'Phrase', '../login', 'a.b', 'x'.repeat(33)])
      assert.throws(() => checkKinds([{ ...phraseCredential, mechanism }]), /cannot be called/, mechanism);
  });
});

describe('credentialKinds, with one more', function () {
  let on: OwnAccountHouse;
  let client: Client;
  let ada: User;
  const address = 'ada@phrases.example';
  const stores = () => on.house.platform.stores;
  const phrases = () => phrasesOn(on.house.platform.database);
  const at = { tenantId: place.tenantId, poolId: place.poolId };
  const hasPhrase = async ({ id }: Pick<User, 'id'>) => (await phrases().hashOf(at, id)) !== undefined;

  before(async () => {
    on = await openOwnAccounts(kinds);
    client = await on.house.addClient({}, true);
    ada = await on.house.addPerson(address);
    await phrases().give(at, ada.id, phrase);
  });
  after(() => on.stop());
  beforeEach(() => on.house.platform.database('throttles').delete());

  describe('at the pages of a login', () => {
    const allow = (authenticationMechanisms: readonly Mechanism[], preferred?: Mechanism) =>
      on.changePool((pool) => ({
        ...pool,
        authenticationMechanisms,
        settings: { ...pool.settings, preferred_authentication_mechanism: preferred },
      }));
    const browser = (): WebBrowser => createWebBrowser(on.house.origin);
    const begin = (who: WebBrowser) => who.open(asking(on.house.issuer, client));
    const press = (who: WebBrowser, page: Shown, values: Readonly<Record<string, string>>) =>
      who.submit(page, '/authenticate', values);
    /** The form of the proof is the second one, that of the other ways the third. */
    const after = (page: Shown, forms: number): Shown => ({
      ...page,
      text: page.text.split('</form>').slice(forms).join('</form>'),
    });
    const isDone = ({ url, left }: Shown): boolean => left && url.searchParams.get('code') !== null;

    it('is asked for where it is preferred, and lets in who knows it', async () => {
      await allow(['password', 'phrase'], 'phrase');
      const mine = browser();
      const page = await press(mine, await begin(mine), { identifier: address, action: 'continue' });
      assert.match(page.text, /Recovery phrase \(4 words\)/);
      const missing = await press(mine, after(page, 1), { phrase: ' ' });
      assert.match(missing.text, /Enter your phrase\./);
      const wrong = await press(mine, after(missing, 1), { phrase: 'four other words' });
      assert.equal(wrong.status, 400);
      assert.match(wrong.text, /This is not the phrase\./);
      assert.ok(isDone(await press(mine, after(wrong, 1), { phrase })));
    });

    it('is one press away from another way, and another from it', async () => {
      await allow(['password', 'phrase'], 'password');
      const mine = browser();
      const page = await press(mine, await begin(mine), { identifier: address, action: 'continue' });
      assert.match(page.text, /value="change_to_phrase"[^>]*>Use a recovery phrase/);
      const asked = await press(mine, after(page, 2), { action: 'change_to_phrase' });
      assert.match(asked.text, /id="phrase"/);
      assert.match(asked.text, /value="change_to_password"/);
      assert.ok(isDone(await press(mine, after(asked, 1), { phrase })));
    });

    it('is the one way of a pool that allows no other', async () => {
      await allow(['phrase']);
      const mine = browser();
      const page = await press(mine, await begin(mine), { identifier: address, action: 'continue' });
      assert.doesNotMatch(page.text, /change_to_/);
      assert.ok(isDone(await press(mine, after(page, 1), { phrase })));
    });

    it('is no way in where the pool does not allow it', async () => {
      await allow(['password', 'otp'], 'password');
      const mine = browser();
      const page = await press(mine, await begin(mine), { identifier: address, action: 'continue' });
      const changed = await press(mine, after(page, 1), { action: 'change_to_phrase', phrase });
      assert.equal(changed.status, 400);
      assert.doesNotMatch(changed.text, /id="phrase"/);
      const forged = await press(mine, after(changed, 1), { phrase });
      assert.equal(forged.status, 400);
    });

    it('says the same to nobody, byte for byte', async () => {
      await allow(['password', 'phrase'], 'phrase');
      const shown = async (identifier: string) => {
        const mine = browser();
        const page = await press(mine, await begin(mine), { identifier, action: 'continue' });
        const wrong = await press(mine, after(page, 1), { phrase: 'a guess' });
        return wrong.text
          .replaceAll(identifier, '{identifier}')
          .replaceAll(wrong.url.pathname.split('/')[4] ?? '', '{uid}')
          .replaceAll(/name="nonce" value="[^"]+"/g, '{nonce}');
      };
      assert.equal(await shown('nobody@phrases.example'), await shown(address));
    });

    it('slows guesses at it, as at any other', async () => {
      await allow(['phrase']);
      const mine = browser();
      let page = await press(mine, await begin(mine), { identifier: address, action: 'continue' });
      for (let guess = 0; guess < 6; guess += 1)
        page = await press(mine, after(page, 1), { phrase: `guess ${String(guess)}` });
      assert.equal((await press(mine, after(page, 1), { phrase })).status, 429);
    });
  });

  it('proves nothing any more once it is gone', async () => {
    const eve = await on.house.addPerson(`${newId()}@phrases.example`);
    await phrases().give(at, eve.id, phrase);
    const mark = (await phrases().hashOf(at, eve.id)) ?? '';
    const holds = () => stores().credentials.holds(at, eve.id, { mechanism: 'phrase', mark });
    assert.equal(await holds(), true);
    await phrases().take(at, eve.id);
    assert.equal(await holds(), false);
    assert.equal(await stores().credentials.holds(at, eve.id, { mechanism: 'telepathy', mark }), false);
  });

  it('is a way in: the last passkey may go where it stays, and not without it', async () => {
    await on.allow(['password', 'webauthn', 'phrase']);
    const owner = await on.person();
    await owner.arrive();
    const link = linkIn(await owner.addPasskey('Phone'), passkeyLink);
    await owner.forgetPassword();
    assert.match((await owner.browser.open(`${link}/remove`)).text, /cannot be removed/);
    await phrases().give(at, owner.user.id, phrase);
    const page = await owner.browser.open(`${link}/remove`);
    // Whoever loses it while the page is open keeps the passkey.
    await phrases().take(at, owner.user.id);
    assert.equal((await owner.browser.submit(page, '/remove')).status, 422);
    assert.equal((await owner.passkeys()).length, 1);
    await phrases().give(at, owner.user.id, phrase);
    assert.ok(hasForm(page, '/remove'));
    assert.match((await owner.browser.submit(page, '/remove')).text, /was removed/);
    assert.equal((await owner.browser.open(base)).status, 200);
  });

  it('is told of among the ways in of a person, where the pool allows it', async () => {
    const read = createReadSelfProfile(stores());
    const ways = async () => {
      const body = toSelfBodyV2(await read(at.tenantId, { ...at, userId: ada.id, authTime: 0, ageSeconds: 0 }));
      return (body as { authentication_mechanisms: readonly string[] }).authentication_mechanisms;
    };
    await on.allow(['password', 'phrase']);
    assert.deepEqual(await ways(), ['password', 'phrase']);
    await on.allow(['password']);
    assert.deepEqual(await ways(), ['password']);
  });

  it('may be allowed by a pool, and moves with it, and is refused where nothing serves it', async () => {
    const body = {
      name: 'People',
      authentication_mechanisms: ['phrase'],
      preferred_authentication_mechanism: 'phrase',
    };
    assert.deepEqual(poolBodyOf(mechanisms).parse(body).authentication_mechanisms, ['phrase']);
    const house = credentialKinds.map(({ mechanism }) => mechanism);
    assert.match(poolBodyOf(house).safeParse(body).error?.message ?? '', /must be among password, otp, webauthn/);
    const pool = poolOf(at.tenantId, { authenticationMechanisms: ['phrase'] });
    const found = {
      pools: { find: () => Promise.resolve(pool), insert: () => assert.fail(), update: () => assert.fail() },
    };
    const exported: unknown[] = [];
    const section = poolSection({ mechanisms, clock: heldClock() });
    for await (const item of section.list(found, at.tenantId, pool.id))
      exported.push((item as typeof body).authentication_mechanisms);
    assert.deepEqual(exported, [['phrase']]);
  });

  it('is taken by a reset of the password, which somebody may have had it added before', async () => {
    const owner = await on.person();
    await phrases().give(at, owner.user.id, phrase);
    const { unitOfWork, passwords } = on.house.platform;
    const whose = { ...at, userId: owner.user.id };
    const write = await passwords.service.prepareReset(whose, 'a password nobody would think of', '/password');
    await assert.rejects(
      unitOfWork.run(async (inside) => {
        await write(inside);
        throw new Error('spent');
      }),
    );
    assert.equal(await hasPhrase(owner.user), true, 'nothing of it without a good code');
    await unitOfWork.run(write);
    assert.equal(await hasPhrase(owner.user), false);
    assert.equal(await hasPhrase(ada), true, 'nobody else loses theirs');
  });

  it('goes with what a person had before they were shown to be the one who registered', async () => {
    const owner = await on.person();
    await phrases().give(at, owner.user.id, phrase);
    await on.house.platform.unitOfWork.run(({ formerCredentials }) =>
      formerCredentials.drop(at.tenantId, at.poolId, owner.user.id),
    );
    assert.deepEqual([await hasPhrase(owner.user), await hasPhrase(ada)], [false, true]);
    assert.equal(await owner.password(), undefined);
  });

  it('keeps who was given one from being removed as somebody who never activated', async () => {
    const registered = async () => {
      const user = userOf(at.tenantId, at.poolId, { id: userId(newId()), status: 'new' });
      await stores().users.insert(user, 1);
      return user;
    };
    const [given, alone] = [await registered(), await registered()];
    await phrases().give(at, given.id, phrase);
    const isAbandoned = (one: User) => stores().abandonedRegistrations.isAbandoned(one, 2, 2);
    assert.deepEqual([await isAbandoned(given), await isAbandoned(alone)], [false, true]);
  });

  it('goes with its person', async () => {
    const owner = await on.person();
    await phrases().give(at, owner.user.id, phrase);
    await on.house.users().remove({ ...at, id: owner.user.id, isAboveAdministrators: true });
    assert.equal(await hasPhrase(owner.user), false);
  });

  it('leaves the kinds of the house as they are', async () => {
    await on.allow(['password']);
    const owner = await on.person();
    assert.equal((await owner.arrive(base, password)).url.pathname, base);
  });
});

onEachEmptyDatabase('rows of a kind', (url) => {
  let deployment: Deployment;
  before(async function () {
    this.timeout(60_000);
    deployment = await openDeployment(url(), { kinds });
  });
  after(() => deployment.close());

  /** Somebody with a phrase, and one that is nobody's any more, in a pool of a tenant of their own. */
  const filled = async () => {
    const { database, stores } = deployment.platform;
    const { tenant, workspace } = await seedTenant(database);
    const pool = poolOf(tenant, { workspaceId: workspace });
    await stores.pools.insert(pool);
    const user = await seedUser(database, pool);
    const at = { tenantId: tenant, poolId: pool.id };
    const rows = phrasesOn(database);
    await rows.give(at, user.id, phrase);
    await rows.spend(at, 'a phrase of before');
    const left = async () => ({
      phrase: (await rows.find(at, user.id)) !== undefined,
      spent: await rows.isSpent(at, 'a phrase of before'),
      person: (await stores.users.find(tenant, pool.id, user.id)) !== undefined,
    });
    return { tenant, workspace, pool, left };
  };
  const all = { phrase: true, spent: true, person: true };
  const keptByNobody = { phrase: false, spent: false, person: true };
  const none = { phrase: false, spent: false, person: false };

  it('go with their tenant, the people of another keep theirs, and a workspace leaves them to the tenant', async () => {
    const { tenants, holdings } = deployment.platform.stores;
    const [one, other] = [await filled(), await filled()];
    await holdings.removeWorkspace(one.tenant, one.workspace);
    assert.deepEqual(await one.left(), all);
    await tenants.markRemoved(one.tenant, 1);
    for (let steps = 0; (await one.left()).spent; steps += 1) {
      assert.ok(steps < 100);
      await holdings.removeSome(1);
    }
    assert.deepEqual(await one.left(), keptByNobody, 'by the list, and not only along with their people');
    while ((await holdings.removeSome(10)) === 10);
    assert.deepEqual([await one.left(), await other.left()], [none, all]);
  });

  it('go with their pool', async () => {
    const { pools } = deployment.platform.stores;
    const [one, other] = [await filled(), await filled()];
    await pools.markRemoved(one.tenant, one.pool.id, 1);
    assert.equal(await pools.removeSome(2), 2);
    assert.deepEqual(await one.left(), keptByNobody);
    while ((await pools.removeSome(10)) === 10);
    assert.deepEqual([await one.left(), await other.left()], [none, all]);
  });
});

describe('secretFieldsOf', () => {
  it('keeps from logs what a kind says is secret, and what is called as the kind is', () => {
    const lines: string[] = [];
    const log = createLog({ log: { level: 'debug', format: 'json' } }, secretFieldsOf(kinds), {
      write: (line) => void lines.push(line),
    });
    log.info({ phrase: 'hunter2', newPhrase: 'hunter2', rows: [{ phrase_hash: 'hunter2' }] }, 'x');
    assert.match(lines.join(''), /\[redacted\]/);
    assert.doesNotMatch(lines.join(''), /hunter2/);
  });
});
