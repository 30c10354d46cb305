/** A pool of a million people beside one of a thousand: lists, look-ups and logins are to take as long in both. */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Platform } from '../../server/compose.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { clientId, idpId, poolId } from '../../server/kernel/ids.ts';
import { poolSettingsSchema } from '../../server/pools/pool.ts';
import { createStretchStore } from '../../server/users/stretch.store.ts';
import { insertWorkspace, prepareWorkspace } from '../../server/workspaces/new-workspace.service.ts';
import { administratorsOf, identityProgramsOf } from './administrators.ts';
import type { RequestJob } from './load.ts';
import { benchTenant, inPlace, type BenchPlace } from './place.ts';
import type { Result } from './result.ts';
import { interleaved, type Setting } from './setting.ts';
import { median, quantile, ratioOf } from './statistics.ts';
import { discover, type Target } from './target.ts';

const concurrency = 8;
/** What the issue of identity pools promised. */
const within = { of: 'ratio', atMost: 1.5 } as const;
/** Rows in one statement; SQLite takes a thousand values and more. */
const batch = 200;
/** People in one transaction. */
const atOnce = 5000;
const password = 'correct horse battery staple';
/** One for each login at a time. */
const loginPeople = 8;

const idOf = (index: number): string => createHash('sha256').update(String(index)).digest('hex').slice(0, 32);
const nameOf = (index: number): string => `u${String(index).padStart(7, '0')}@example.com`;

/** As rows, some thousands in a transaction: through the stores a million people take a quarter of an hour. */
async function addPeople(knex: Knex, pool: string, count: number, hash: string): Promise<void> {
  const place = { tenant_id: benchTenant, pool_id: pool };
  // All at once would leave a log as long as the file, in which each page is looked for before it is read.
  for (let from = 0; from < count; from += atOnce)
    await knex.transaction((transaction) =>
      addSome(transaction, place, hash, { from, to: Math.min(count, from + atOnce) }),
    );
  await knex('pool_user_counts').insert({ ...place, shard: 0, users: count });
  // As housekeeping does beside the work, a round at a time.
  const stretches = createStretchStore(knex);
  while ((await stretches.place(batch)) === batch);
}

async function addSome(
  transaction: Knex,
  place: { readonly tenant_id: string; readonly pool_id: string },
  hash: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const now = Date.now();
  for (let at = from; at < to; at += batch) {
    const indexes = Array.from({ length: Math.min(batch, to - at) }, (_, offset) => at + offset);
    await transaction('users').insert(
      indexes.map((index) => ({
        ...place,
        id: idOf(index),
        status: 'active',
        payload: JSON.stringify({ name: `Person ${String(index)}`, email: nameOf(index) }),
        created_at: now,
        updated_at: now,
      })),
    );
    await transaction('identifiers').insert(
      indexes.map((index) => ({
        ...place,
        user_id: idOf(index),
        normalized: nameOf(index),
        type: 'email',
        value: nameOf(index),
      })),
    );
    await transaction('password_credentials').insert(
      indexes.map((index) => ({ ...place, user_id: idOf(index), id: idOf(index), hash, version: 1 })),
    );
  }
}

/** A workspace whose people are those of a pool of its own, with the client of the bench. */
async function addPlace({ unitOfWork }: Platform, name: string, client: Target['client']): Promise<void> {
  const now = Date.now();
  const prepared = await prepareWorkspace({ tenantId: benchTenant, id: name, name, type: 'regular' }, systemClock);
  const workspaceId = prepared.workspace.id;
  await unitOfWork.run(async (stores) => {
    await insertWorkspace(stores, prepared);
    await stores.pools.insert({
      tenantId: benchTenant,
      id: poolId(name),
      name,
      workspaceId: undefined,
      isSystem: false,
      identifierCaseInsensitive: true,
      authenticationMechanisms: ['password'],
      settings: poolSettingsSchema.parse({}),
      createdAt: now,
      updatedAt: now,
    });
    await stores.idps.insert({
      tenantId: benchTenant,
      workspaceId,
      id: idpId(name),
      name,
      enabled: true,
      method: 'identity_pool',
      poolId: poolId(name),
    });
    await stores.clients.insert({
      tenantId: benchTenant,
      workspaceId,
      id: clientId(client.id),
      status: 'active',
      trusted: false,
      metadata: {
        client_name: 'Bench',
        redirect_uris: [client.redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        scope: 'openid profile email',
      },
      secret: client.secret,
      rotatedSecrets: [],
      createdAt: now,
      updatedAt: now,
    });
  });
}

interface Side {
  readonly pool: string;
  readonly people: number;
  readonly target: Target;
}

async function makeSide(place: BenchPlace, pool: string, people: number): Promise<Side> {
  const client = { ...place.client, id: `client-of-${pool}` };
  await inPlace(place, async (platform) => {
    await addPlace(platform, pool, client);
    await addPeople(platform.database, pool, people, place.passwordHash);
  });
  // The rows of a million people hold the event loop, behind which the server has closed its idle connections by now.
  await delay(100);
  const known = {
    origin: place.origin,
    client,
    people: Array.from({ length: loginPeople }, (_, index) => ({
      identifier: nameOf(Math.floor(((index + 0.5) * people) / loginPeople)),
      password,
    })),
  };
  return { pool, people, target: await discover(`${place.origin}/${benchTenant}/${pool}`, known) };
}

const json = (bearer = '') => ({ authorization: bearer, 'content-type': 'application/json' });

/** How many passwords and how many codes a process verifies in a second, for programs that ask about people of the pool. */
async function verifyRates({ platform, load, size }: Setting, { pool, people }: Side): Promise<readonly Result[]> {
  const { place } = platform;
  const bearers = await identityProgramsOf(place);
  const base = `/api/identity/${benchTenant}/system/pools/${pool}`;
  const bearerOf = (index: number): string => bearers[index % bearers.length] ?? '';
  const count = Math.min(size.requests, people);
  // Each of somebody else: whoever is asked about often is slowed.
  const personOf = (index: number): number => Math.floor((index * people) / count);
  const perSecond = async (path: string, expected: string, variants: RequestJob['variants']): Promise<number> => {
    const job = {
      kind: 'requests',
      method: 'POST',
      origin: place.origin,
      path: `${base}${path}`,
      concurrency,
    } as const;
    return (await load.run({ ...job, expected, count, variants })).perSecond;
  };
  const passwords = Array.from({ length: count }, (_, index) => ({
    headers: json(bearerOf(index)),
    body: JSON.stringify({ identifier: nameOf(personOf(index)), password }),
  }));
  const codes: RequestJob['variants'][number][] = [];
  for (let index = 0; index < count; index += 1) {
    const userID = idOf(personOf(index));
    const answer = await fetch(`${place.origin}${base}/users/${userID}/code/generate`, {
      method: 'POST',
      headers: json(bearerOf(index)),
      body: JSON.stringify({ type: 'challenge' }),
    });
    const made: unknown = await answer.json();
    if (typeof made !== 'object' || made === null || !('code' in made))
      throw new Error(`no code: ${JSON.stringify(made)}`);
    codes.push({ headers: json(bearerOf(index)), body: JSON.stringify({ userID, code: made.code }) });
  }
  return [
    {
      name: 'pool.password-verify',
      value: await perSecond('/user/password/v2/verify', '"password_correct"', passwords),
      unit: '/s',
    },
    { name: 'pool.otp-verify', value: await perSecond('/user/otp/verify', '"id":"', codes), unit: '/s' },
  ];
}

export async function measurePools(setting: Setting): Promise<readonly Result[]> {
  const { platform, load, size } = setting;
  const { place } = platform;
  const since = performance.now();
  const few = await makeSide(place, 'pool-of-few', size.poolOfFew);
  const many = await makeSide(place, 'pool-of-many', size.poolOfMany);
  const made = (performance.now() - since) / 1000;
  const bearers = await administratorsOf(place);

  /** Each request asks for another person, spread over the whole pool. */
  const variants = ({ pool, people }: Side, queryOf: (index: number) => Readonly<Record<string, string>>) =>
    Array.from({ length: size.lookUps }, (_, request): RequestJob['variants'][number] => {
      const index = Math.floor((((request * 7919) % size.lookUps) * people) / size.lookUps);
      const query = new URLSearchParams({ limit: '20', ...queryOf(index) });
      return {
        path: `/api/identity/${benchTenant}/admin/pools/${pool}/users?${query.toString()}`,
        headers: { authorization: bearers[request % bearers.length] ?? '' },
      };
    });
  const p95 = (side: Side, queryOf: (index: number) => Readonly<Record<string, string>>) => async () => {
    const job = { kind: 'requests', method: 'GET', origin: place.origin, path: '', concurrency } as const;
    const asked = { ...job, expected: '"users":[', count: size.lookUps, variants: variants(side, queryOf) };
    return quantile((await load.run(asked)).took['each'] ?? [], 0.95);
  };
  async function compare(name: string, run: (side: Side) => () => Promise<number>): Promise<Result> {
    const found = await interleaved(size.rounds, { few: run(few), many: run(many) });
    const [value, bare] = [median(found.many), median(found.few)];
    return { name, value, unit: 'ms', bare, ratio: ratioOf(found.many, found.few), bar: within };
  }
  const key = (user_key: string) => ({ query: JSON.stringify({ user_key }) });
  const login =
    ({ target }: Side) =>
    async () => {
      const job = { kind: 'logins', target, count: size.loginsInTurn, concurrency: 1 } as const;
      return median((await load.run(job)).took['each'] ?? []);
    };

  return [
    { name: 'pool.made', value: made, unit: 's' },
    await compare('pool.list.p95', (side) => p95(side, (index) => ({ after_user_id: idOf(index) }))),
    await compare('pool.exact.p95', (side) => p95(side, (index) => key(nameOf(index)))),
    // Ten people in either.
    await compare('pool.prefix.p95', (side) => p95(side, (index) => key(nameOf(index).slice(0, 7)))),
    await compare('pool.prefix-of-all.p95', (side) => p95(side, () => key('u'))),
    await compare('pool.login.p50', login),
    ...(await verifyRates(setting, many)),
  ];
}
