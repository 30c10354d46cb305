/** What the time of an answer tells of people: those who are there and those who are not are asked about in turn. */
import { createHash } from 'node:crypto';
import { poolId, userId, type UserId } from '../../server/kernel/ids.ts';
import { poolSettingsSchema } from '../../server/pools/pool.ts';
import { identityProgramsOf } from './administrators.ts';
import type { RequestJob } from './load.ts';
import { benchTenant, inPlace, type BenchPlace } from './place.ts';
import type { Result } from './result.ts';
import type { Setting } from './setting.ts';
import { distance, quantile } from './statistics.ts';

const pool = 'pool-of-strangers';
/** bcrypt at the cost that most systems have it at; of no password that is tried. */
const imported = `$2b$10$${'C'.repeat(21)}.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`;
/** More tell no more, and each known person's message is delivered beside the next answer. */
const mostAsked = 400;

interface Question {
  readonly name: string;
  readonly path: string;
  readonly bodyOf: (mail: string) => object;
  readonly expected: string;
}

const wrongPassword = (identifier: string) => ({ identifier, password: 'not the password' });
const questions: readonly Question[] = [
  { name: 'password', path: '/user/password/verify', bodyOf: wrongPassword, expected: 'not theirs' },
  { name: 'imported-password', path: '/user/password/verify', bodyOf: wrongPassword, expected: 'not theirs' },
  { name: 'code', path: '/user/otp/request', bodyOf: (identifier) => ({ identifier }), expected: '' },
  { name: 'reset', path: '/user/password/reset/request', bodyOf: (address) => ({ address }), expected: '' },
  { name: 'registration', path: '/user/register', bodyOf: (identifier) => ({ identifier }), expected: '"id":' },
];

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
const idOf = (mail: string): UserId => userId(digestOf(mail).toString('hex').slice(0, 32));
const mailOf = (question: string, index: number): string => `${question}-${String(index)}@people.example`;
/** By lot, and the same lot in every run: one kind always after the other would be told by what the other leaves to do. */
const isKnown = (question: string, index: number): boolean => (digestOf(mailOf(question, index))[0] ?? 0) % 2 === 0;

async function addPeople(place: BenchPlace, count: number): Promise<void> {
  const now = Date.now();
  const at = { tenant_id: benchTenant, pool_id: pool };
  await inPlace(place, async ({ stores, database }) => {
    await stores.pools.insert({
      tenantId: benchTenant,
      id: poolId(pool),
      name: pool,
      workspaceId: undefined,
      isSystem: false,
      identifierCaseInsensitive: true,
      authenticationMechanisms: ['password', 'otp'],
      settings: { ...poolSettingsSchema.parse({}), public_registration_allowed: true },
      createdAt: now,
      updatedAt: now,
    });
    await database.transaction(async (transaction) => {
      for (const { name } of questions)
        for (let index = 0; index < count; index += 1) {
          if (!isKnown(name, index)) continue;
          const mail = mailOf(name, index);
          const id = idOf(mail);
          const address = { normalized: mail, value: mail, type: 'email' };
          await transaction('users').insert({
            ...at,
            id,
            status: 'active',
            payload: '{}',
            created_at: now,
            updated_at: now,
          });
          await transaction('identifiers').insert({ ...at, user_id: id, ...address });
          await transaction('verifiable_addresses').insert({
            ...{ ...at, user_id: id, ...address, status: 'active' },
            ...{ verified_at: now, verified_key: mail, created_at: now, updated_at: now },
          });
        }
    });
    // The form of such a hash is kept with it, so it goes by the store.
    for (let index = 0; index < count; index += 1) {
      for (const name of ['password', 'imported-password']) {
        if (!isKnown(name, index)) continue;
        const hash = name === 'password' ? place.passwordHash : imported;
        await stores.passwords.set(benchTenant, poolId(pool), idOf(mailOf(name, index)), hash, undefined);
      }
    }
  });
}

/** Values of `known`, `unknown` and how far apart they are: by quantiles, and by Kolmogorov and Smirnov's statistic. */
export async function measureEnumeration({ platform, load, size }: Setting): Promise<readonly Result[]> {
  const { place } = platform;
  const count = Math.min(size.requests, mostAsked);
  await addPeople(place, count);
  const bearers = await identityProgramsOf(place);
  const results: Result[] = [];
  for (const { name, path, bodyOf, expected } of questions) {
    const variants = Array.from({ length: count }, (_, index): RequestJob['variants'][number] => ({
      headers: { authorization: bearers[index % bearers.length] ?? '', 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(mailOf(name, index))),
    }));
    const { took } = await load.run({
      kind: 'requests',
      method: 'POST',
      origin: place.origin,
      path: `/api/identity/${benchTenant}/system/pools/${pool}${path}`,
      concurrency: 1,
      count,
      expected,
      variants,
    });
    const each = took['each'] ?? [];
    const known = each.filter((_, index) => isKnown(name, index));
    const unknown = each.filter((_, index) => !isKnown(name, index));
    for (const [quantileName, share] of [
      ['p50', 0.5],
      ['p95', 0.95],
    ] as const) {
      const [value, bare] = [quantile(known, share), quantile(unknown, share)];
      results.push({ name: `enumeration.${name}.${quantileName}`, value, unit: 'ms', bare, ratio: value / bare });
    }
    results.push({ name: `enumeration.${name}.apart`, value: 100 * distance(known, unknown), unit: '%' });
  }
  return results;
}
