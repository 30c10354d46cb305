/** What each form of a login does, through the real engine, rows and pages. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { allow, authenticate } from '../../support/relying-party.ts';
import {
  createWebBrowser,
  formOf,
  titleOf,
  type Shown,
  type ShownForm,
  type WebBrowser,
} from '../../support/web-browser.ts';
import { asking, callback, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

describe('LoginMoves', () => {
  let house: WebLogin;
  let client: Client;
  const ada = { identifier: 'ada@example.com', password };
  const bob = { identifier: 'bob@example.com', password };
  const withTerms = { plugins: { terms: { version: 1, url: 'https://acme.example/terms' } } };

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient();
    await house.addPerson(bob.identifier);
  });
  after(() => house.stop());
  afterEach(async () => {
    await house.platform.database('throttles').delete();
    await house.platform.database('consents').delete();
  });

  const browser = (): WebBrowser => createWebBrowser(house.origin);
  const begin = (who: WebBrowser, parameters?: Readonly<Record<string, string>>, app = client) =>
    who.open(asking(house.issuer, app, parameters));
  const fieldsOf = (form: ShownForm): [string, string][] => form.fields.map(([name, value]) => [name, value]);
  const nonceOf = ({ fields }: ShownForm): string => fields.find(([name]) => name === 'nonce')?.[1] ?? '';
  const codeOf = (shown: Shown) => shown.url.searchParams.get('code');
  const errorOf = (shown: Shown) => shown.url.searchParams.get('error');
  const rowOf = async (page: Shown) => {
    const uid = page.url.pathname.split('/')[4] ?? '';
    return house.platform.stores.interactions.findByUid(place.tenantId, place.workspaceId, uid);
  };

  describe('authenticate', () => {
    it('goes on to consent, and from there to the application with a code', async () => {
      const mine = browser();
      const consent = await authenticate(mine, await begin(mine), ada);
      assert.match(consent.text, /Ada Lovelace/);
      const end = await allow(mine, consent);
      assert.equal(`${end.url.origin}${end.url.pathname}`, callback);
      assert.ok(codeOf(end));
    });

    it('refuses a form that is not of this login', async () => {
      const [mine, theirs] = [browser(), browser()];
      const page = await begin(mine);
      const nonce = nonceOf(formOf(await begin(theirs), '/authenticate'));
      const answer = await mine.submit(page, '/authenticate', { ...ada, nonce });
      assert.equal(answer.status, 400);
      assert.equal((await rowOf(page))?.person, undefined);
    });

    it('makes one login of a form that is sent twice at the same time', async () => {
      const mine = browser();
      const page = await begin(mine);
      const [first, second] = await Promise.all([authenticate(mine, page, ada), authenticate(mine, page, ada)]);
      assert.match(first.text, /Ada Lovelace/);
      assert.match(second.text, /Ada Lovelace/);
      const proofs = await house.platform.database('proofs').where({ interaction_id: (await rowOf(page))?.id });
      assert.equal(proofs.length, 1);
    });

    it('keeps a right password through an outage: a reload goes on', async () => {
      const mine = browser();
      const page = await begin(mine);
      house.logins.failNext(1, 'before');
      const away = await authenticate(mine, page, ada);
      assert.equal(away.status, 503);
      assert.match((await mine.open(page.url)).text, /Ada Lovelace/);
    });
  });

  describe('decide', () => {
    it('tells the application when the person does not allow it (RFC 6749 §4.1.2.1)', async () => {
      const mine = browser();
      const consent = await authenticate(mine, await begin(mine), ada);
      assert.equal(errorOf(await mine.submit(consent, '/consent', { decision: 'deny' })), 'access_denied');
    });

    it('refuses a decision that was drawn for the person before', async () => {
      const mine = browser();
      const forAda = await authenticate(mine, await begin(mine), ada);
      const again = await mine.submit(forAda, '/start-over');
      const forBob = await authenticate(mine, again, bob);
      assert.match(forBob.text, /bob/);
      const stale = await allow(mine, forAda);
      assert.equal(stale.left, false, 'nothing was granted');
      assert.equal(stale.status, 400);
      assert.equal((await rowOf(forBob))?.state, 'open');
    });

    it('never uses a decision that got lost for whoever signs in next', async () => {
      const mine = browser();
      const forAda = await authenticate(mine, await begin(mine), ada);
      house.logins.failNext(1, 'before');
      assert.equal((await allow(mine, forAda)).status, 503);
      const again = await mine.submit(forAda, '/start-over');
      const forBob = await authenticate(mine, again, bob);
      assert.match(forBob.text, /bob/, 'Bob is asked himself');
      assert.match((await mine.open(forBob.url)).text, /bob/);
      assert.ok(codeOf(await allow(mine, forBob)));
    });

    it('ends once, however often and however parallel it is sent', async () => {
      const mine = browser();
      const consent = await authenticate(mine, await begin(mine), ada);
      const form = formOf(consent, '/consent');
      const { action } = form;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          mine.ask(new URL(action, consent.url), {
            method: 'POST',
            body: new URLSearchParams([...fieldsOf(form), ['decision', 'allow']]),
          }),
        ),
      );
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [303]);
      const id = (await rowOf(consent))?.id;
      const { database } = house.platform;
      assert.equal((await database('consents').where({ interaction_id: id })).length, 1);
      assert.equal((await database('proofs').where({ interaction_id: id })).length, 2);
    });

    it('asks a person who was disabled meanwhile to sign in, and lets them no further', async () => {
      const mine = browser();
      const carol = await house.addPerson('carol@example.com');
      const consent = await authenticate(mine, await begin(mine), { identifier: 'carol@example.com', password });
      await house.platform.stores.users.update({ ...carol, status: 'inactive' });
      const answer = await allow(mine, consent);
      assert.equal(answer.left, false);
      formOf(answer, '/authenticate');
      const wrong = await authenticate(mine, answer, { identifier: 'carol@example.com', password });
      assert.equal(wrong.status, 400);
    });

    it('asks for the new password when it was changed meanwhile', async () => {
      const mine = browser();
      const dora = await house.addPerson('dora@example.com');
      const consent = await authenticate(mine, await begin(mine), { identifier: 'dora@example.com', password });
      const at = { tenantId: place.tenantId, poolId: place.poolId, id: dora.id, isAboveAdministrators: true };
      await house.platform.passwords.service.set(at, { password: 'another horse battery staple', pointer: '' });
      const answer = await allow(mine, consent);
      assert.equal(answer.left, false);
      formOf(answer, '/authenticate');
    });

    it('ends a login whose workflow an operator terminated, with a page that says so', async () => {
      const mine = browser();
      const consent = await authenticate(mine, await begin(mine), ada);
      house.logins.terminate((await rowOf(consent))?.id ?? '');
      const answer = await allow(mine, consent);
      assert.equal(answer.status, 410);
      assert.match(titleOf(answer), /Your sign-in was ended/);
      const row = await rowOf(consent);
      assert.deepEqual([row?.state, row?.reason], ['expired', 'stopped']);
      assert.match(titleOf(await mine.open(consent.url)), /Your sign-in was ended/);
    });

    it('lets a person arrive whose login was committed before its workflow was terminated', async () => {
      const mine = browser();
      const consent = await authenticate(mine, await begin(mine), ada);
      const form = formOf(consent, '/consent');
      const row = await rowOf(consent);
      const send = () =>
        mine.ask(new URL(form.action, consent.url), {
          method: 'POST',
          body: new URLSearchParams([...fieldsOf(form), ['decision', 'allow']]),
        });
      // Two tabs send it: the second finds the workflow gone, and the row as the first one left it.
      await send();
      house.logins.terminate(row?.id ?? '');
      await send();
      assert.equal((await rowOf(consent))?.state, 'granted');
      assert.ok(codeOf(await mine.open(consent.url)));
    });

    it('gives nothing to an application that was switched off meanwhile', async () => {
      const mine = browser();
      const off = await house.addClient({ client_name: 'Soon off' });
      const consent = await authenticate(mine, await begin(mine, {}, off), ada);
      await house.platform.stores.clients.update({ ...off, status: 'inactive' });
      const answer = await allow(mine, consent);
      assert.equal(answer.url.searchParams.get('code'), null);
      assert.equal((await rowOf(consent))?.reason, 'client_inactive');
    });
  });

  describe('passStep', () => {
    afterEach(() => house.changeSettings({ plugins: {} }));

    it('stands between the first factor and consent, and is not asked twice in a session', async () => {
      await house.changeSettings(withTerms);
      const mine = browser();
      const step = await authenticate(mine, await begin(mine), ada);
      assert.match(step.text, /Terms of use/);
      const again = await mine.submit(step, '/steps/terms', { version: '1' });
      assert.equal(again.status, 400);
      const consent = await mine.submit(again, '/steps/terms', { version: '1', accepted: 'yes' });
      assert.ok(codeOf(await allow(mine, consent)));

      const other = await house.addClient({ client_name: 'Another' });
      const next = await begin(mine, {}, other);
      formOf(next, '/consent');
      assert.ok(codeOf(await allow(mine, next)));
      // The newest grant of the session is of the application that asked no step: what the older one passed still counts.
      const exempt = await house.addClient({ client_name: 'Exempt' });
      await house.changeSettings({ plugins: { terms: { ...withTerms.plugins.terms, exempt_clients: [exempt.id] } } });
      assert.ok(codeOf(await allow(mine, await begin(mine, {}, exempt))));
      const third = await begin(mine, {}, await house.addClient({ client_name: 'Third' }));
      assert.ok(codeOf(await allow(mine, third)), 'no circle between consent and the step');
    });

    it('goes round in no circle when two tabs pass it', async () => {
      await house.changeSettings(withTerms);
      const mine = browser();
      const one = await authenticate(mine, await begin(mine), ada);
      const two = await mine.open(one.url);
      const sent = { version: '1', accepted: 'yes' };
      const [first, second] = await Promise.all([
        mine.submit(one, '/steps/terms', sent),
        mine.submit(two, '/steps/terms', sent),
      ]);
      formOf(first, '/consent');
      formOf(second, '/consent');
      assert.ok(codeOf(await allow(mine, second)));
    });

    it('is gone on without when its plugin is switched off meanwhile', async () => {
      await house.changeSettings(withTerms);
      const mine = browser();
      const step = await authenticate(mine, await begin(mine), ada);
      assert.match(step.text, /Terms of use/);
      await house.changeSettings({ plugins: {} });
      const consent = await mine.open(step.url);
      assert.ok(codeOf(await allow(mine, consent)));
    });

    it('ends the login when the person declines, for the reason that the plugin gives', async () => {
      await house.changeSettings(withTerms);
      const mine = browser();
      const step = await authenticate(mine, await begin(mine), ada);
      assert.equal(errorOf(await mine.submit(step, '/steps/terms', { decision: 'decline' })), 'access_denied');
      const row = await rowOf(step);
      assert.deepEqual([row?.state, row?.reason], ['denied', 'terms_not_accepted']);
    });
  });

  describe('cancel', () => {
    it('sends the person back, and tells a login that waits', async () => {
      const mine = browser();
      const app = await house.addClient();
      await house.changeSettings(withTerms);
      const step = await authenticate(mine, await begin(mine, {}, app), ada);
      assert.equal(errorOf(await mine.submit(step, '/cancel')), 'access_denied');
      const row = await rowOf(step);
      assert.deepEqual([row?.state, row?.reason], ['denied', 'cancelled']);
      assert.deepEqual(house.logins.ended.get(row?.id ?? ''), { outcome: 'denied', reason: 'told' });
      await house.changeSettings({ plugins: {} });
    });

    it('starts nothing for a login that no workflow knows', async () => {
      const mine = browser();
      const before = house.logins.ended.size;
      assert.equal(errorOf(await mine.submit(await begin(mine), '/cancel')), 'access_denied');
      assert.equal(house.logins.ended.size, before);
    });
  });

  describe('a second tab of a login that has ended in the first', () => {
    const steps = ['authenticate', 'consent', 'start-over', 'cancel', 'steps/terms'];
    const ends = {
      granted: async (mine: WebBrowser, page: Shown) => allow(mine, await authenticate(mine, page, ada)),
      denied: async (mine: WebBrowser, page: Shown) =>
        mine.submit(await authenticate(mine, page, ada), '/consent', { decision: 'deny' }),
      cancelled: (mine: WebBrowser, page: Shown) => mine.submit(page, '/cancel'),
    };
    const counted = async () => {
      const { database } = house.platform;
      const tables = ['proofs', 'audit_events', 'throttles', 'oidc_artifacts'];
      const found = await Promise.all(tables.map((table) => database(table).select(database.raw('1'))));
      return [...found.map(({ length }) => length), house.logins.ended.size];
    };

    for (const [how, end] of Object.entries(ends)) {
      it(`says that it is done, whatever is sent, and does nothing more (${how})`, async () => {
        const mine = browser();
        const page = await begin(mine);
        const second = await mine.open(page.url);
        const nonce = nonceOf(formOf(second, '/authenticate'));
        assert.ok((await end(mine, page)).left);
        const before = await counted();
        for (const engine of ['still knows it', 'has forgotten it']) {
          for (const step of steps) {
            for (const sent of [nonce, 'of-nobody.at-all']) {
              const body = { nonce, ...ada, password: 'wrong', decision: 'allow', version: '1' };
              const answer = await mine.ask(`${page.url.pathname}/${step}`, {
                method: 'POST',
                body: new URLSearchParams({ ...body, nonce: sent }),
              });
              const location = answer.headers.get('location');
              const text = location === null ? await answer.text() : (await mine.open(location)).text;
              assert.match(text, /<title>This sign-in is done/, `POST ${step}, ${sent}: the engine ${engine}`);
            }
            assert.match((await mine.open(`${page.url.pathname}/${step}`)).text, /<title>This sign-in is done/);
          }
          if (engine === 'still knows it') assert.deepEqual(await counted(), before);
          await house.platform.database('oidc_artifacts').where({ model: 'Interaction' }).delete();
        }
      });
    }

    it('takes the person to the application where the first tab never got its answer', async () => {
      const mine = browser();
      const consent = await authenticate(mine, await begin(mine), ada);
      const form = formOf(consent, '/consent');
      const answer = await mine.ask(new URL(form.action, consent.url), {
        method: 'POST',
        body: new URLSearchParams([...fieldsOf(form), ['decision', 'allow']]),
      });
      assert.equal(answer.status, 303, 'and nobody follows it');
      assert.ok(codeOf(await mine.submit(consent, '/consent', { decision: 'deny' })));
    });
  });

  describe('show', () => {
    it('lets a person go on who asked the engine before there was a result', async () => {
      const mine = browser();
      const page = await begin(mine);
      const row = await rowOf(page);
      const again = await mine.open(`${house.issuer}/oauth2/authorize/${row?.uid ?? ''}`);
      assert.notEqual(again.url.pathname, page.url.pathname);
      // Long enough for the engine to forget the uid that the login began with.
      await house.platform
        .database('oidc_artifacts')
        .where({ model: 'Interaction' })
        .where('expires_at', '<', Date.now() / 1000 + 3600)
        .delete();
      assert.ok(codeOf(await allow(mine, await authenticate(mine, again, ada))));
    });

    it('asks for the step again, with no circle, when it could not be done', async () => {
      const mine = browser();
      const page = await begin(mine);
      await house.platform.database.schema.renameTable('scopes', 'scopes_away');
      let away: Shown;
      try {
        away = await authenticate(mine, page, ada);
      } finally {
        await house.platform.database.schema.renameTable('scopes_away', 'scopes');
      }
      assert.equal(away.status, 503);
      assert.ok(Number(away.headers.get('retry-after')) > 0);
      const again = await mine.open(page.url);
      assert.match((await authenticate(mine, again, ada)).text, /Ada Lovelace/);
    });
  });
});
