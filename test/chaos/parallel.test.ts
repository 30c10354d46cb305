/** Everything a browser or an application sends, twenty times at once while a process dies: what is written, is written once. */
import assert from 'node:assert/strict';
import * as oidc from 'openid-client';
import { begin, redeem } from '../support/relying-party.ts';
import { callbackUri } from '../support/back-office.ts';
import { createWebBrowser, formOf, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { openHouse, rowsBetween, type Application, type House, type Rows, type Victim } from './house.ts';
import { askedBy, createPerson, type Asked, type Person } from './person.ts';

const times = 20;
const twenty = Array.from({ length: times }, (_, index) => index);

/** What one login leaves, however often each of its parts was sent. */
const one: Rows = {
  granted: 1,
  denied: 0,
  consents: 1,
  grants: 1,
  snapshots: 1,
  redeemed: 1,
  succeededEvents: 1,
  deniedEvents: 0,
};

describe('what is sent twenty times while a process dies', function () {
  this.timeout(90_000);
  let house: House;
  let earlier: Rows;

  before(async () => {
    house = await openHouse();
  });
  beforeEach(async () => {
    earlier = await house.count();
  });
  after(() => house.close());

  const values = (asked: Asked): Readonly<Record<string, string>> => {
    const { email: identifier, password } = house.platform.person;
    if (asked === '/authenticate') return { identifier, password };
    return asked === '/consent' ? { decision: 'allow' } : { decision: 'accept', accepted: 'yes' };
  };
  const newPerson = (browser: WebBrowser): Person => {
    const { email: identifier, password } = house.platform.person;
    return createPerson(browser, { identifier, password, consent: 'allow' });
  };
  const start = async (application: Application) => {
    const config = house.applications[application];
    const begun = await begin(config, { prompt: 'login consent' });
    const browser = createWebBrowser(house.platform.origin);
    return { config, begun, browser, page: await browser.open(begun.url) };
  };
  /** Sends all of them, kills at the place once one of them got there, and waits for every answer. */
  const strike = async <T>(place: string, victim: Victim, all: () => Promise<T>[]): Promise<T[]> => {
    const barrier = await house.arm(place);
    const answers = Promise.all(all());
    await barrier.reached();
    await house.kill(victim);
    await barrier.release();
    await house.restart(victim);
    return answers;
  };
  const proofsOf = async (page: Shown): Promise<number> => {
    const login = await house.loginOf(page.url.pathname.split('/').at(-1) ?? '');
    return house.office.count('proofs', { interaction_id: login ?? '' });
  };

  it('keeps one proof for each form, and one login, when every submit and its Update is sent twenty times', async () => {
    const { config, begun, browser, page: first } = await start('terms');
    const places = [
      ['/authenticate', 'establishPerson-written'],
      ['/steps/terms', 'passStep-committed'],
      ['/consent', 'decideConsent-written'],
    ] as const;
    let page = first;
    for (const [asked, place] of places) {
      assert.equal(askedBy(page), asked);
      const submitted = page;
      const answers = await strike(place, 'worker', () =>
        twenty.map(() => browser.submit(submitted, asked, values(asked))),
      );
      page = answers.find(({ left }) => left) ?? (await browser.open(first.url));
    }
    const arrived = await newPerson(browser).arrive(page);
    await redeem(config, begun, arrived.url);
    assert.deepEqual(rowsBetween(earlier, await house.count()), one);
    assert.equal(await proofsOf(first), places.length);
  });

  it('is one login when twenty tabs, each with a form of its own, are sent at once', async () => {
    const { config, begun, browser, page: first } = await start('asking');
    let page = first;
    for (const [asked, place] of [
      ['/authenticate', 'establishPerson-committed'],
      ['/consent', 'decideConsent-committed'],
    ] as const) {
      const tabs = await Promise.all(twenty.map(() => browser.open(first.url)));
      const nonces = tabs.map((tab) => formOf(tab, asked).fields.find(([name]) => name === 'nonce')?.[1]);
      assert.equal(new Set(nonces).size, times);
      const answers = await strike(place, 'worker', () => tabs.map((tab) => browser.submit(tab, asked, values(asked))));
      page = answers.find(({ left }) => left) ?? (await browser.open(first.url));
    }
    const arrived = await newPerson(browser).arrive(page);
    await redeem(config, begun, arrived.url);
    assert.deepEqual(rowsBetween(earlier, await house.count()), one);
  });

  it('is one login when the engine is asked to resume twenty times, the server dies, and it is asked again', async () => {
    const { config, begun, browser, page } = await start('asking');
    const consent = await browser.submit(page, '/authenticate', values('/authenticate'));
    const form = formOf(consent, '/consent');
    const body = new URLSearchParams({ ...Object.fromEntries(form.fields), decision: 'allow' });
    const committed = await browser.ask(form.action, {
      method: 'POST',
      body,
      headers: { origin: house.platform.origin },
    });
    const resume = committed.headers.get('location') ?? '';
    const ask = () => twenty.map(() => browser.ask(resume).catch(() => undefined));
    // Of the first twenty, this browser got no answer: its cookies are as they were.
    const cookies = browser.jar.all();
    await strike('session-saved', 'server', ask);
    browser.jar.restore(cookies);
    const answers = (await Promise.all(ask())).map((answer) => new URL(answer?.headers.get('location') ?? 'none:'));
    assert.deepEqual([...new Set(answers.map(({ origin }) => origin))], [new URL(callbackUri).origin]);
    const [answer] = answers;
    assert.ok(answer);
    await redeem(config, begun, answer);
    assert.deepEqual(rowsBetween(earlier, await house.count()), one);
  });

  for (const victim of ['worker', 'server'] as const) {
    it(`redeems a code at most once of twenty times, and ends what it gave when it comes again, when the ${victim} dies (RFC 6749 §4.1.2)`, async () => {
      const { config, begun, browser, page } = await start('asking');
      const arrived = await newPerson(browser).arrive(page);
      const attempts = () =>
        twenty.map(() =>
          redeem(config, begun, arrived.url).then(
            (tokens) => [tokens.access_token],
            () => [],
          ),
        );
      const sent = Promise.all(attempts());
      await house.kill(victim);
      const answers = [await sent];
      await house.restart(victim);
      answers.push(await Promise.all(attempts()));
      const got = answers.flat(2);
      assert.ok(got.length <= 1, `redeemed ${String(got.length)} times`);
      for (const token of got) assert.equal((await oidc.tokenIntrospection(config, token)).active, false);
      const { redeemed, ...rows } = rowsBetween(earlier, await house.count());
      assert.ok(redeemed <= 1);
      const { redeemed: _redeemed, ...others } = one;
      // Whoever comes twice ends the grant, and with it all it gave.
      assert.deepEqual(rows, { ...others, grants: 0 });
    });
  }
});
