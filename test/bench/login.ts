/** One whole login over HTTP as a browser and its application do it, each step timed. */
import { createHash, randomBytes } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { createCookieJar } from '../support/cookie-jar.ts';
import { formOf } from './forms.ts';
import { basicAuth } from './target.ts';
import type { Person, Target } from './target.ts';

/** From the application's request to its tokens; redirects between two pages count for the page they lead to. */
export const loginSteps = ['authorize', 'login-page', 'password', 'consent-page', 'consent', 'code', 'token'] as const;
export type LoginStep = (typeof loginSteps)[number];

export interface LoginRun {
  /** Milliseconds. */
  readonly steps: Readonly<Record<LoginStep, number>>;
  readonly accessToken: string;
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

type Ask = (
  method: 'GET' | 'POST',
  path: string,
  form?: URLSearchParams,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** @param pool to the target's origin @throws when a step ends anywhere but where it should */
export async function runLogin(pool: Dispatcher, target: Target, person: Person): Promise<LoginRun> {
  const ask = browserOn(pool, target.origin);
  const steps = new Map<LoginStep, number>();
  let since = performance.now();
  const lap = (step: LoginStep): void => {
    const now = performance.now();
    steps.set(step, now - since);
    since = now;
  };
  const verifier = randomBytes(32).toString('base64url');

  const begun = await ask('GET', authorizePath(target, verifier));
  lap('authorize');
  const loginPage = formOf(await pageAfter(ask, begun), 'name="password"');
  lap('login-page');
  loginPage.fields.set('identifier', person.identifier);
  loginPage.fields.set('password', person.password);
  const proven = await ask('POST', loginPage.action, loginPage.fields);
  lap('password');
  const consentPage = formOf(await pageAfter(ask, proven), 'name="decision"');
  lap('consent-page');
  consentPage.fields.set('decision', 'allow');
  const decided = await ask('POST', consentPage.action, consentPage.fields);
  lap('consent');
  const code = await codeAfter(ask, decided, target.client.redirectUri);
  lap('code');
  const accessToken = await redeem(ask, target, code, verifier);
  lap('token');
  const took = Object.fromEntries(loginSteps.map((step) => [step, steps.get(step) ?? 0]));
  return { steps: took as Record<LoginStep, number>, accessToken };
}

function browserOn(pool: Dispatcher, origin: string): Ask {
  const jar = createCookieJar();
  return async (method, path, form, headers = {}) => {
    const { pathname, search } = new URL(path, origin);
    const cookie = jar.header(pathname);
    const answer = await pool.request({
      origin,
      method,
      path: `${pathname}${search}`,
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      ...(form === undefined ? {} : { body: form.toString() }),
    });
    jar.keep([answer.headers['set-cookie'] ?? []].flat());
    const location = answer.headers['location'];
    return {
      status: answer.statusCode,
      location: typeof location === 'string' ? location : undefined,
      text: await answer.body.text(),
    };
  };
}

function authorizePath({ authorize, client }: Target, verifier: string): string {
  const query = new URLSearchParams({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: client.redirectUri,
    scope: 'openid profile email',
    state: randomBytes(8).toString('base64url'),
    nonce: randomBytes(8).toString('base64url'),
    // Asked every time, or only the first login would have the step.
    prompt: 'consent',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  return `${authorize}?${query.toString()}`;
}

const mostRedirects = 5;

async function pageAfter(ask: Ask, first: Answer): Promise<string> {
  let answer = first;
  for (let hop = 0; answer.location !== undefined && hop < mostRedirects; hop += 1) {
    answer = await ask('GET', answer.location);
  }
  if (answer.status !== 200) throw new Error(`a page answered ${String(answer.status)}: ${answer.text.slice(0, 400)}`);
  return answer.text;
}

async function codeAfter(ask: Ask, first: Answer, redirectUri: string): Promise<string> {
  let answer = first;
  for (let hop = 0; answer.location !== undefined && hop < mostRedirects; hop += 1) {
    const code = answer.location.startsWith(redirectUri) ? new URL(answer.location).searchParams.get('code') : null;
    if (code !== null) return code;
    answer = await ask('GET', answer.location);
  }
  throw new Error(`no code came: ${String(answer.status)} ${answer.location ?? answer.text.slice(0, 400)}`);
}

async function redeem(ask: Ask, { token, client }: Target, code: string, verifier: string): Promise<string> {
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
    code_verifier: verifier,
  });
  const answer = await ask('POST', token, form, { authorization: basicAuth(client) });
  const body: unknown = JSON.parse(answer.text);
  const found = typeof body === 'object' && body !== null && 'access_token' in body ? body.access_token : undefined;
  if (typeof found !== 'string') throw new Error(`no token came: ${answer.text.slice(0, 400)}`);
  return found;
}
