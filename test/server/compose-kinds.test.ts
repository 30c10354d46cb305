/** A kind of credential that is put on the list, and on nothing else, is one everywhere. */
import assert from 'node:assert/strict';
import type { Client } from '../../server/clients/client.ts';
import {
  checkKinds,
  createKind,
  credentialKinds,
  secretFieldsOf,
  type KindDefinition,
  type KindParts,
} from '../../server/compose-kinds.ts';
import { phraseOnPages } from '../support/kinds/phrase/phrase-setting.ts';
import { newId, userId } from '../../server/kernel/ids.ts';
import { createLog } from '../../server/ops/log.ts';
import { poolBodyOf } from '../../server/pools/pool.body.ts';
import { poolSection } from '../../server/pools/pool.section.ts';
import { toSelfBodyV2 } from '../../server/self-service/self-profile.body.ts';
import { createReadSelfProfile } from '../../server/self-service/self-profile.service.ts';
import type { Mechanism } from '../../server/pools/pool.ts';
import type { User } from '../../server/users/user.ts';
import { phraseCredential } from '../support/kinds/phrase/phrase.credential.ts';
import { hashOf, phrasesOn } from '../support/kinds/phrase/phrase.store.ts';
import { softAuthenticator } from '../support/authenticator.ts';
import { codeTo, passkeyOptionsIn } from '../support/page-passkeys.ts';
import { base, linkIn, openOwnAccounts, passkeyLink, type OwnAccountHouse } from '../support/own-account.ts';
import { onEachEmptyDatabase } from '../support/databases.ts';
import { openDeployment, type Deployment } from '../support/deployment.ts';
import { poolOf, seedUser, userOf } from '../support/seeded.ts';
import { heldClock, seedTenant } from '../support/stores.ts';
import { createWebBrowser, hasForm, withoutSealed, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { asking, password, place } from '../support/web-login.ts';

const kinds = [...credentialKinds, phraseCredential];
const mechanisms = kinds.map(({ mechanism }) => mechanism);
const phrase = 'four words of nobody';

/** A log as the process makes it, that knows the secrets of these kinds. */
function keptLog() {
  const lines: string[] = [];
  const config = { log: { level: 'debug', format: 'json' } } as const;
  const log = createLog(config, secretFieldsOf(kinds), { write: (line) => void lines.push(line) });
  return { log, lines };
}

describe('checkKinds', () => {
  it('stops the start where a name is taken, or is none that pages and forms could be called by', () => {
    checkKinds(kinds);
    assert.throws(() => checkKinds([...kinds, phraseCredential]), /Two kinds of credentials are called phrase/);
    for (const mechanism of ['', 'Phrase', '../login', 'a.b', 'x'.repeat(33)])
      assert.throws(() => checkKinds([{ ...phraseCredential, mechanism }]), /cannot be called/, mechanism);
  });
});

describe('createKind', () => {
  it('stops the start where a kind says something else of itself to pages than to logins', () => {
    // Made of nothing: what it is made of is not asked for before somebody signs in.
    const made = (more: Partial<KindDefinition>) => () => {
      const definition = { ...phraseCredential, ...more };
      return createKind(definition, Object.create(null) as KindParts);
    };
    assert.equal(made({})().mechanism, 'phrase');
    const { setting: _, ...withoutSetting } = phraseCredential;
    assert.throws(() => createKind(withoutSetting, Object.create(null) as KindParts), /says something else/);
    for (const more of [
      { mechanism: 'words' },
      { names: true },
      { setting: { ...phraseOnPages, replaces: false } },
      { setting: { ...phraseOnPages, manner: 'made' } },
    ] as const)
      assert.throws(made(more), /says something else of itself to pages/);
  });
});

describe('credentialKinds, with one more', function () {
  let on: OwnAccountHouse;
  const logged = keptLog();
  let client: Client;
  let ada: User;
  const address = 'ada@phrases.example';
  const stores = () => on.house.platform.stores;
  const phrases = () => phrasesOn(on.house.platform.database);
  const at = { tenantId: place.tenantId, poolId: place.poolId };
  const hasPhrase = async ({ id }: Pick<User, 'id'>) => (await phrases().hashOf(at, id)) !== undefined;

  before(async () => {
    on = await openOwnAccounts(kinds, logged.log);
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
        return withoutSealed(wrong.text)
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

  describe('where it has to be replaced', () => {
    const worn = 'four words long worn';
    const better = 'four words to come';
    const rows = () => on.house.platform.database;
    const stored = ({ id }: User) => phrases().find(at, id);
    let eve: User;
    let email: string;
    let mine: WebBrowser;
    const press = (page: Shown, values: Readonly<Record<string, string>>) => mine.submit(page, '/authenticate', values);
    const atReplacement = async (): Promise<Shown> => {
      const login = await mine.open(asking(on.house.issuer, client));
      const page = await press(login, { identifier: email, action: 'continue' });
      return press({ ...page, text: page.text.split('</form>').slice(1).join('</form>') }, { phrase: worn });
    };

    beforeEach(async () => {
      await on.allow(['phrase']);
      email = `${newId()}@phrases.example`;
      eve = await on.house.addPerson(email);
      await phrases().give(at, eve.id, worn);
      await phrases().wear(at, eve.id);
      mine = createWebBrowser(on.house.origin);
    });

    it('is replaced by another phrase, by its own page and rules, and the login goes on', async () => {
      const page = await atReplacement();
      assert.match(page.text, /Choose a new phrase/);
      assert.match(page.text, /Your phrase is worn\. Choose another to go on to A test application\./);
      assert.doesNotMatch(page.text, /name="password"/);
      assert.match((await mine.open(mine.at)).text, /id="new_phrase"/, 'a reload asks the same');
      const short = await press(page, { new_phrase: 'too short' });
      assert.equal(short.status, 400);
      assert.match(short.text, /That is too short for a phrase\./);
      const same = await press(short, { new_phrase: worn });
      assert.match(same.text, /That phrase was used before\./);
      assert.deepEqual(await stored(eve), { hash: hashOf(worn), isWorn: true }, 'what was refused left no trace');
      const done = await press(same, { new_phrase: better });
      assert.ok(done.url.searchParams.get('code'));
      assert.deepEqual(await stored(eve), { hash: hashOf(better), isWorn: false });
    });

    it('is replaced once by a form that is sent twice at once, and once more', async () => {
      const page = await atReplacement();
      const proofs = async () => (await rows()('proofs').where({ client_id: client.id }).select('id')).length;
      const before = await proofs();
      const send = () => press(page, { new_phrase: better });
      for (const { status } of [...(await Promise.all([send(), send()])), await send()]) assert.ok(status < 400);
      assert.equal(await proofs(), before + 1);
      assert.equal(await phrases().isSpent(at, hashOf(better)), false);
    });

    it('gives nothing to who knew it, where its person has replaced it since', async () => {
      const page = await atReplacement();
      await phrases().give(at, eve.id, 'what eve has by now');
      const refused = await press(page, { new_phrase: better });
      assert.equal(refused.status, 400);
      assert.doesNotMatch(refused.text, /new_phrase/);
      assert.equal((await stored(eve))?.hash, hashOf('what eve has by now'));
    });

    it('is replaced by nothing of another kind, and nothing of another kind by it', async () => {
      const password = async () => stores().passwords.findByUser(at.tenantId, at.poolId, eve.id);
      const had = await password();
      const page = await atReplacement();
      const taken = 'taken over, it seems';
      const refused = await press(page, { action: 'set_new_password_after_authn', password: taken });
      assert.equal(refused.status, 400);
      const fresh = createWebBrowser(on.house.origin);
      const login = await fresh.open(asking(on.house.issuer, client));
      const unproven = { action: 'set_new_phrase_after_authn', new_phrase: better, identifier: email };
      assert.equal((await fresh.submit(login, '/authenticate', unproven)).status, 400);
      assert.deepEqual(await password(), had);
      assert.deepEqual(await stored(eve), { hash: hashOf(worn), isWorn: true });
    });
  });

  describe('of who registers', () => {
    const chosen = 'four words of mine';
    const base = `/${place.tenantId}/identity/${place.poolId}`;
    const welcome = (authenticationMechanisms: readonly Mechanism[], preferred?: Mechanism) =>
      on.changePool((pool) => ({
        ...pool,
        authenticationMechanisms,
        settings: {
          ...pool.settings,
          public_registration_allowed: true,
          preferred_authentication_mechanism: preferred,
        },
      }));
    const newAddress = () => `${newId()}@phrases.example`;
    const register = async (mine: WebBrowser, identifier: string): Promise<Shown> =>
      mine.submit(await mine.open(`${base}/register`), '/register', { identifier });
    const userWith = async (email: string) => stores().addresses.findUser(at.tenantId, at.poolId, email);

    it('is chosen beside the code, in the place of a password, and lets them in', async () => {
      await welcome(['phrase']);
      const [mine, email] = [createWebBrowser(on.house.origin), newAddress()];
      const page = await register(mine, email);
      assert.match(page.text, /New recovery phrase \(4 words\)/);
      assert.doesNotMatch(page.text, /name="password"|name="webauthn"/);
      const code = await codeTo(mine, email);
      const short = await mine.submit(page, '/register', { code, password: 'a password nobody asked for' });
      assert.equal(short.status, 422);
      assert.match(short.text, /That is too short for a phrase\./);
      await phrases().spend(at, hashOf('words that others had'));
      const spent = await mine.submit(short, '/register', { code, new_phrase: 'words that others had' });
      assert.equal(spent.status, 422);
      assert.match(spent.text, /That phrase was used before\./);
      assert.equal(await userWith(email), undefined, 'the code is not spent by that');
      const done = await mine.submit(spent, '/register', { code, new_phrase: chosen });
      assert.match(done.url.search, /done=1/, done.text);
      const again = await mine.submit(spent, '/register', { code, new_phrase: 'another one than that' });
      assert.equal(again.status, 422, 'the code was spent with it');
      const id = await userWith(email);
      assert.ok(id);
      assert.equal(await phrases().hashOf(at, id), hashOf(chosen));
      assert.equal(await stores().passwords.findByUser(at.tenantId, at.poolId, id), undefined);
      const ways = await stores().credentials.waysIn({ ...at, id }, true);
      assert.deepEqual(ways, ['otp', 'phrase']);
    });

    it('is asked for where it is what people are offered first, and not beside another one', async () => {
      await welcome(['password', 'phrase'], 'password');
      const mine = createWebBrowser(on.house.origin);
      const asked = async () => {
        const { text } = await register(mine, newAddress());
        return [/name="password"/, /name="new_phrase"/].map((field) => field.test(text));
      };
      assert.deepEqual(await asked(), [true, false]);
      await welcome(['password', 'phrase'], 'phrase');
      assert.deepEqual(await asked(), [false, true]);
    });

    it('gives way to a passkey that is made in its place', async () => {
      await welcome(['phrase', 'webauthn'], 'phrase');
      const [mine, email] = [createWebBrowser(on.house.origin), newAddress()];
      const page = await register(mine, email);
      const made = softAuthenticator().create(passkeyOptionsIn(page), { origin: on.house.origin });
      const code = await codeTo(mine, email);
      const done = await mine.submit(page, '/register', { code, webauthn: JSON.stringify(made) });
      assert.match(done.url.search, /done=1/, done.text);
      const id = await userWith(email);
      assert.ok(id);
      assert.equal(await phrases().find(at, id), undefined);
    });
  });

  it('is in no line of the log of all that', () => {
    assert.ok(logged.lines.length > 0);
    const secrets = ['four words long worn', 'four words to come', 'four words of mine', phrase];
    for (const secret of secrets)
      for (const text of [secret, encodeURIComponent(secret), hashOf(secret)])
        assert.ok(!logged.lines.some((line) => line.includes(text)), text);
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
      workspaces: { findHeld: () => assert.fail() },
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
    const { log, lines } = keptLog();
    log.info({ phrase: 'hunter2', newPhrase: 'hunter2', rows: [{ phrase_hash: 'hunter2' }] }, 'x');
    assert.match(lines.join(''), /\[redacted\]/);
    assert.doesNotMatch(lines.join(''), /hunter2/);
  });
});
