/** A process dies while a person comes back from a page of an integrator's: they go on from where they came back, and once. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { createHandoffCalls } from '../../server/interactions/handoff-call.service.ts';
import type { HandoffAnswer } from '../../server/interactions/handoff.ts';
import { createLoginStates } from '../../server/interactions/login-state.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { clientId, handoffId, idpId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { stayOf } from '../support/integrator.ts';
import { begin, redeem } from '../support/relying-party.ts';
import { createWebBrowser, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { openHouse, rowsBetween, type House, type Victim } from './house.ts';
import { describe as described } from './person.ts';

interface PageStrike {
  /** The step that the person comes back to. */
  readonly step: 'authenticate' | 'consent';
  readonly place: string;
  readonly victim: Victim;
}

/** One on each side of what is kept: past the proof, both are steps like any other, which are struck at every place. */
const strikes: readonly PageStrike[] = (
  [
    ['authenticate', 'establishPerson'],
    ['consent', 'decideConsent'],
  ] as const
).flatMap(([step, activity]): readonly PageStrike[] => [
  { step, place: 'proof-kept', victim: 'server' },
  { step, place: 'proof-kept', victim: 'Temporal' },
  { step, place: 'update-answered', victim: 'server' },
  { step, place: 'update-answered', victim: "Temporal's data" },
  { step, place: `${activity}-written`, victim: 'worker' },
]);

const place = { tenantId: tenantId('default'), workspaceId: workspaceId('demo') };
const portal = { step: 'authenticate', origin: 'https://portal.example', clientId: clientId('portal-client') } as const;
const consent = { step: 'consent', origin: 'https://consent.example', clientId: clientId('consent-client') } as const;
type Page = typeof portal | typeof consent;

describe('a login on pages of integrators when a process dies', function () {
  this.timeout(60_000);
  let house: House;
  before(async () => {
    house = await openHouse();
    const { idps, serverConsents } = house.office.platform.stores;
    await idps.insert({
      ...place,
      id: idpId('portal'),
      name: 'Portal',
      enabled: true,
      method: 'custom',
      loginUrl: portal.origin,
      clientId: portal.clientId,
    });
    await serverConsents.insert({ ...place, url: consent.origin, clientId: consent.clientId });
  });
  after(() => house.close());

  /** What the page's backend does. @returns where it sends the browser */
  function answer({ url }: Shown, { step, clientId: by }: Page): Promise<string> {
    const { unitOfWork, cases, issuerOf, deriveKey } = house.office.platform;
    const states = createLoginStates(deriveKey('login states'));
    const { id, login_state: state } = stayOf(url);
    const kind = step === 'authenticate' ? 'custom-login' : 'custom-consent';
    const call = { tenantId: place.tenantId, id: handoffId(id), state, clientId: by, kind } as const;
    const authTime = Math.floor(Date.now() / 1000);
    const said: HandoffAnswer =
      step === 'authenticate'
        ? { kind: 'authenticated', subject: 'grace', amr: ['pwd'], authTime, context: { name: 'Grace' } }
        : { kind: 'granted', scopes: ['openid', 'email'] };
    return createHandoffCalls({ unitOfWork, cases, states, issuerOf, clock }).answer(call, said);
  }

  /** Asks again for as long as pages say to try again in a moment. */
  async function leave(browser: WebBrowser, first: Shown | undefined): Promise<Shown> {
    let shown = first;
    for (let turn = 0; turn < 20; turn += 1) {
      shown ??= await browser.open(browser.at);
      if (shown.left) return shown;
      assert.equal(shown.status, 503, described(shown));
      await delay(500);
      shown = undefined;
    }
    throw new Error('it never came back');
  }

  /** Comes back, with a process that dies on the way where one is to. */
  async function comeBack(browser: WebBrowser, back: string, strike: PageStrike | undefined): Promise<Shown> {
    if (strike === undefined) return leave(browser, await browser.open(back));
    const barrier = await house.arm(strike.place);
    const answered = browser.open(back).catch(() => undefined);
    try {
      await barrier.reached();
      await house.kill(strike.victim);
    } finally {
      await barrier.release();
    }
    await house.restart(strike.victim);
    return leave(browser, await answered);
  }

  for (const strike of strikes) {
    const { step, victim, place: where } = strike;
    it(`goes on, and once (${step}: ${victim} dies at ${where})`, async () => {
      const before = await house.count();
      const config = house.applications.asking;
      const browser = createWebBrowser(house.platform.origin);
      const begun = await begin(config, { prompt: 'login consent', idp_hint: 'portal' });
      let shown = await browser.open(begun.url);
      for (const page of [portal, consent]) {
        assert.equal(shown.url.origin, page.origin);
        shown = await comeBack(browser, await answer(shown, page), page.step === step ? strike : undefined);
      }
      assert.ok((await redeem(config, begun, shown.url)).claims());
      const { granted, denied, consents, grants, redeemed } = rowsBetween(before, await house.count());
      assert.deepEqual(
        { granted, denied, consents, grants, redeemed },
        { granted: 1, denied: 0, consents: 1, grants: 1, redeemed: 1 },
      );
    });
  }
});
