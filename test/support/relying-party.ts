/** An application as others would write it: openid-client against a running platform, its browser without a screen. */
import * as oidc from 'openid-client';
import type { Client } from '../../server/clients/client.ts';
import { callbackUri } from './back-office.ts';
import { formOf, hasForm, type Shown, type WebBrowser } from './web-browser.ts';

export interface Begun {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

export interface Credentials {
  readonly identifier: string;
  readonly password: string;
}

// eslint-disable-next-line @typescript-eslint/no-deprecated -- only marked so to stand out; the issuer is this machine
const allowPlainHttp: (config: oidc.Configuration) => void = oidc.allowInsecureRequests;

export async function connect(issuer: string, client: Pick<Client, 'id' | 'secret'>): Promise<oidc.Configuration> {
  const authentication = client.secret === undefined ? oidc.None() : oidc.ClientSecretBasic(client.secret);
  const config = await oidc.discovery(new URL(issuer), client.id, undefined, authentication, {
    execute: [allowPlainHttp],
  });
  oidc.enableNonRepudiationChecks(config);
  return config;
}

/** @param parameters beside those that every request of ours has */
export async function begin(
  config: oidc.Configuration,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Begun> {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callbackUri,
    scope: 'openid profile email phone',
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return { url, verifier, state, nonce };
}

/** Redeems the code of an answer, with every check that openid-client has. */
export function redeem(config: oidc.Configuration, begun: Begun, answer: URL, maxAge?: number) {
  return oidc.authorizationCodeGrant(config, answer, {
    pkceCodeVerifier: begun.verifier,
    expectedState: begun.state,
    expectedNonce: begun.nonce,
    idTokenExpected: true,
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}

/** Fills in the login page. */
export function authenticate(browser: WebBrowser, page: Shown, person: Credentials): Promise<Shown> {
  return browser.submit(page, '/authenticate', { identifier: person.identifier, password: person.password });
}

/** Allows all that is asked, or only these scopes. */
export function allow(browser: WebBrowser, page: Shown, scopes?: readonly string[]): Promise<Shown> {
  const { fields, unticked } = formOf(page, '/consent');
  const all = [...fields, ...unticked].filter(([name]) => name === 'scope').map(([, value]) => value);
  return browser.submit(page, '/consent', { decision: 'allow', scope: scopes ?? all });
}

/** The whole way of a person who proves who they are and allows all, where they are asked. @returns where the browser leaves to */
export async function signIn(browser: WebBrowser, begun: Begun, person: Credentials): Promise<Shown> {
  const first = await browser.open(begun.url);
  const consent = hasForm(first, '/authenticate') ? await authenticate(browser, first, person) : first;
  return consent.left ? consent : allow(browser, consent);
}
