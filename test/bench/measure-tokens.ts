/** Requests that Temporal has no part in: tokens for a client itself, introspection, userinfo. */
import type { RequestJob } from './load.ts';
import { apiScope } from './place.ts';
import type { Result } from './result.ts';
import { interleaved } from './setting.ts';
import type { Setting } from './setting.ts';
import { startBare } from './sides.ts';
import type { Side } from './sides.ts';
import { median, ratioOf } from './statistics.ts';
import { basicAuth } from './target.ts';
import type { Target } from './target.ts';

const concurrency = 8;
const reach = { of: 'ratio', atLeast: 0.8 } as const;
const formType = 'application/x-www-form-urlencoded';

type Shape = Pick<RequestJob, 'path' | 'method' | 'variants' | 'expected'>;

function tokenShape({ token, client }: Target): Shape {
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: apiScope }).toString();
  const headers = { authorization: basicAuth(client), 'content-type': formType };
  return { path: token, method: 'POST', variants: [{ headers, body }], expected: '"access_token":"eyJ' };
}

function introspectShape({ introspect, client }: Target, tokens: readonly string[]): Shape {
  const headers = { authorization: basicAuth(client), 'content-type': formType };
  const variants = tokens.map((token) => ({ headers, body: new URLSearchParams({ token }).toString() }));
  return { path: introspect, method: 'POST', variants, expected: '"active":true' };
}

function userinfoShape({ userinfo }: Target, tokens: readonly string[]): Shape {
  const variants = tokens.map((token) => ({ headers: { authorization: `Bearer ${token}` } }));
  return { path: userinfo, method: 'GET', variants, expected: '"email":"person-' };
}

/** People's tokens, of as many logins: each request asks with another one. */
async function accessTokens({ load, size }: Setting, target: Target): Promise<readonly string[]> {
  const count = size.loginsAtOnce;
  return (await load.run({ kind: 'logins', target, count, concurrency: 4 })).accessTokens;
}

async function compare(
  { platform, bare, load, size }: Setting,
  name: string,
  shapeOf: (target: Target) => Promise<Shape>,
): Promise<Result> {
  const shapes = { platform: await shapeOf(platform.target), bare: await shapeOf(bare.target) };
  const run = (side: Side, shape: Shape) => async () => {
    const job = { kind: 'requests', origin: side.target.origin, ...shape, count: size.requests, concurrency } as const;
    return (await load.run(job)).perSecond;
  };
  const found = await interleaved(size.rounds, {
    platform: run(platform, shapes.platform),
    bare: run(bare, shapes.bare),
  });
  const [value, theirs] = [median(found.platform), median(found.bare)];
  return { name, value, unit: '/s', bare: theirs, ratio: ratioOf(found.platform, found.bare), bar: reach };
}

export function measureTokens(setting: Setting): Promise<Result> {
  return compare(setting, 'tokens', (target) => Promise.resolve(tokenShape(target)));
}

export function measureIntrospection(setting: Setting): Promise<Result> {
  return compare(setting, 'introspection', async (target) =>
    introspectShape(target, await accessTokens(setting, target)),
  );
}

export function measureUserinfo(setting: Setting): Promise<Result> {
  return compare(setting, 'userinfo', async (target) => userinfoShape(target, await accessTokens(setting, target)));
}

/** Beside a provider that keeps everything in its own memory: what durability costs. No bar. */
export async function measureTokensInMemory(setting: Setting): Promise<Result> {
  const memory = await startBare('memory');
  try {
    const inMemory = { ...setting, bare: memory };
    const { bar: _bar, ...result } = await compare(inMemory, 'tokens-beside-memory', (target) =>
      Promise.resolve(tokenShape(target)),
    );
    return result;
  } finally {
    await memory.stop();
  }
}
