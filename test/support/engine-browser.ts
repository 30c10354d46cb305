/** A browser at the test engine, and what clients ask of it. */
import { createHash, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { z } from 'zod';
import type { Client } from '../../server/clients/client.ts';
import { clientId, idpId, interactionId, newId } from '../../server/kernel/ids.ts';
import type { ArtifactPayload, ArtifactStore } from '../../server/oauth2/artifact.ts';
import {
  audienceOf,
  grantPayload,
  interactionFailure,
  interactionResult,
  withResult,
} from '../../server/oauth2/grant.ts';
import { createCookieJar } from './cookie-jar.ts';
import { redirectUri } from './engine-workspace.ts';
import type { TestWorkspace } from './engine-workspace.ts';

export interface Commit {
  readonly subject?: string;
  readonly acr?: string;
  readonly satisfied?: readonly string[];
  readonly scopes?: readonly string[];
  readonly deniedScopes?: readonly string[];
  /** Asked for by name. */
  readonly claims?: readonly string[];
  readonly deniedClaims?: readonly string[];
}

export interface TestBrowser {
  readonly jar: ReturnType<typeof createCookieJar>;
  fetch(url: string, init?: RequestInit): Promise<Response>;
  authorize(client: Client, params?: Readonly<Record<string, string>>): Promise<Response>;
  /** What the platform's commit does to the login that the answer led to. @returns the engine's resume address */
  commit(answer: Response, commit?: Commit): Promise<string>;
  deny(answer: Response, error: string): Promise<string>;
  /** A whole login. @returns the parameters that the client got */
  login(client: Client, params?: Readonly<Record<string, string>>, commit?: Commit): Promise<URLSearchParams>;
  readonly verifier: string;
}

/** The client's part of the answer that a browser is sent to it with. */
export function answered(response: Response): URLSearchParams {
  const location = response.headers.get('location') ?? '';
  if (!location.startsWith(redirectUri)) throw new Error(`not sent to the client but to ${location}`);
  return new URL(location).searchParams;
}

export function createBrowser(artifacts: ArtifactStore, workspace: TestWorkspace, now: () => number): TestBrowser {
  const jar = createCookieJar();
  const verifier = randomBytes(32).toString('base64url');
  const key = { tenantId: workspace.tenant, workspaceId: workspace.id };
  const interactionKey = { ...key, model: 'Interaction' };

  const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const target = new URL(url, workspace.issuer);
    const headers = new Headers(init.headers);
    headers.set('cookie', jar.header(target.pathname));
    const response = await fetch(target, { ...init, headers, redirect: 'manual' });
    jar.keep(response.headers.getSetCookie());
    return response;
  };

  const waiting = async (answer: Response): Promise<{ readonly uid: string; readonly payload: ArtifactPayload }> => {
    const uid = /\/login\/([^/]+)$/.exec(answer.headers.get('location') ?? '')?.[1];
    const found = uid === undefined ? undefined : await artifacts.find(interactionKey, uid);
    if (uid === undefined || found === undefined) {
      throw new Error(`no login at ${answer.headers.get('location') ?? 'nowhere'}: ${await answer.text()}`);
    }
    return { uid, payload: found.payload };
  };

  const write = async (answer: Response, result: ArtifactPayload): Promise<string> => {
    const { uid, payload } = await waiting(answer);
    const exp = Number(payload['exp']);
    await artifacts.upsert(interactionKey, uid, withResult(payload, result), exp);
    return String(payload['returnTo']);
  };

  const browser: TestBrowser = {
    jar,
    verifier,
    fetch: send,
    authorize(client, params = {}) {
      const query = new URLSearchParams({
        client_id: client.id,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'openid profile orders',
        state: 'some-state',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...params,
      });
      return send(`${workspace.issuer}/oauth2/authorize?${query.toString()}`);
    },
    async commit(answer, commit = {}) {
      const { payload } = await waiting(answer);
      const params = payload['params'] as Readonly<Record<string, string>>;
      const requested = (params['scope'] ?? '').split(' ');
      const deniedScopes = commit.deniedScopes ?? [];
      const grantId = newId();
      const subject = commit.subject ?? 'sub-of-ada';
      const client = clientId(params['client_id'] ?? '');
      const exp = now() + 2_592_000;
      const grant = grantPayload({
        grantId,
        subject,
        clientId: client,
        scopes: commit.scopes ?? requested.filter((scope) => !deniedScopes.includes(scope)),
        deniedScopes,
        claims: commit.claims ?? [],
        deniedClaims: commit.deniedClaims ?? [],
        resource: audienceOf(workspace.issuer),
        iat: now(),
        exp,
      });
      await artifacts.upsert({ ...key, model: 'Grant' }, grantId, grant, exp);
      workspace.snapshots.set(grantId, {
        grantId,
        subject,
        clientId: client,
        interactionId: interactionId(String(payload['cid'])),
        idpId: idpId('pool-idp'),
        idpSubject: 'ada',
        userId: undefined,
        amr: ['pwd'],
        acr: commit.acr,
        authTime: now(),
        context: { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true },
        satisfied: commit.satisfied ?? [],
      });
      return write(answer, interactionResult({ subject, grantId, acr: commit.acr, amr: ['pwd'], authTime: now() }));
    },
    deny: (answer, error) => write(answer, interactionFailure(error, 'a test said so')),
    async login(client, params, commit) {
      const answer = await browser.authorize(client, params);
      return answered(await send(await browser.commit(answer, commit)));
    },
  };
  return browser;
}

export async function publishedKeys(workspace: TestWorkspace): Promise<readonly JWK[]> {
  const response = await fetch(`${workspace.issuer}/.well-known/jwks.json`);
  const { keys } = z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).parse(await response.json());
  return keys;
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Posts a form as the client, which authenticates with its secret. */
export async function post(
  workspace: TestWorkspace,
  path: string,
  client: Client,
  form: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const secret = client.secret === undefined ? {} : { client_secret: client.secret };
  const response = await fetch(`${workspace.issuer}${path}`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: client.id, ...secret, ...form }),
  });
  const text = await response.text();
  const body: unknown = text === '' ? {} : JSON.parse(text);
  return { status: response.status, body: body as TokenAnswer['body'] };
}

export function redeem(
  workspace: TestWorkspace,
  client: Client,
  browser: TestBrowser,
  params: URLSearchParams,
): Promise<TokenAnswer> {
  return post(workspace, '/oauth2/token', client, {
    grant_type: 'authorization_code',
    code: params.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: browser.verifier,
  });
}
