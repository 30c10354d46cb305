/** One login, struck once: a person goes on after the crash and arrives, or the login is lost and this says why. */
import * as oidc from 'openid-client';
import { callbackUri } from '../support/back-office.ts';
import { begin, redeem, type Begun } from '../support/relying-party.ts';
import { createWebBrowser, type Shown } from '../support/web-browser.ts';
import { rowsBetween, type House, type Rows } from './house.ts';
import { askedBy, createPerson, type Person } from './person.ts';
import type { Strike } from './strikes.ts';

export interface Blow {
  readonly strike: Strike;
  /** How the browser came back: `tokens`, `access_denied`, or why it did not. */
  readonly outcome: string;
  /** The page or break that the struck request ended with. */
  readonly saw: string;
  readonly repeated: readonly string[];
  readonly rows: Rows;
  readonly workflow: string;
  readonly ms: number;
}

export async function strikeLogin(house: House, strike: Strike): Promise<Blow> {
  const since = Date.now();
  const before = await house.count();
  const browser = createWebBrowser(house.platform.origin);
  await house.allow(strike.ways ?? ['password']);
  const inHand = await house.equip(strike.means ?? 'password');
  const person = createPerson(browser, { ...inHand, consent: strike.consent });
  const config = house.applications[strike.application];
  const begun = await beginLogin(config, strike);
  let page: Shown | undefined = await browser.open(begun.url);
  const uid = page.url.pathname.split('/').at(-1) ?? '';
  while (askedBy(page) !== strike.form) page = (await person.fill(page)) ?? (await person.reload('again'));
  const login = await house.loginOf(uid);

  let saw = '';
  let outcome: string;
  try {
    const after = await crash(house, strike, person, page);
    saw = after === undefined ? 'connection broke' : after.left ? 'arrived' : `page ${String(after.status)}`;
    const arrived = await person.arrive(after ?? (await person.reload(strike.reload)));
    outcome = await settle(config, begun, arrived);
  } catch (error) {
    outcome = `LOST: ${error instanceof Error ? error.message : String(error)}`;
  }
  const state =
    login === undefined ? undefined : await house.workflowOf(login, strike.victim === "Temporal's data" ? 1000 : 8000);
  const once = new Set<string>();
  return {
    strike,
    outcome,
    saw,
    repeated: person.entered.filter((asked) => once.size === once.add(asked).size),
    rows: rowsBetween(before, await house.count()),
    workflow: state === undefined ? 'unknown' : `${state.status} ${state.outcome?.outcome ?? ''}`.trim(),
    ms: Date.now() - since,
  };
}

/** Sends the form, waits until a process stands at the place, and kills; others who stand there go on. */
async function crash(house: House, strike: Strike, person: Person, page: Shown): Promise<Shown | undefined> {
  const barrier = await house.arm(strike.place);
  const answer = person.fill(page);
  try {
    await barrier.reached();
    await house.kill(strike.victim);
  } finally {
    await barrier.release();
  }
  await house.restart(strike.victim);
  return answer;
}

function beginLogin(config: oidc.Configuration, strike: Strike): Promise<Begun> {
  const wish = strike.application === 'trusted' ? {} : { prompt: 'login consent' };
  return strike.pushed === undefined ? begin(config, wish) : beginPushed(config, wish);
}

async function beginPushed(config: oidc.Configuration, wish: Readonly<Record<string, string>>): Promise<Begun> {
  const begun = await begin(config, wish);
  const parameters = { ...Object.fromEntries(begun.url.searchParams), redirect_uri: callbackUri };
  return { ...begun, url: await oidc.buildAuthorizationUrlWithPAR(config, parameters) };
}

async function settle(config: oidc.Configuration, begun: Begun, arrived: Shown): Promise<string> {
  const error = arrived.url.searchParams.get('error');
  if (error !== null) return arrived.url.searchParams.get('state') === begun.state ? error : 'LOST: a foreign state';
  const tokens = await redeem(config, begun, arrived.url);
  return tokens.claims() === undefined ? 'LOST: no id token' : 'tokens';
}
