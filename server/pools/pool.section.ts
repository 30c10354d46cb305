/** Pools in an exported identity configuration. */
import { z } from 'zod';
import { givenList } from '../http/given-list.ts';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { givenIdPattern, poolId } from '../kernel/ids.ts';
import { poolWords, poolWordsIn, withoutUnserved } from './pool.body.ts';
import { requireWorkspaces, strayWorkspaces, type NamedWorkspaces } from './pool-workspaces.ts';
import type { Mechanism, Pool, PoolStore } from './pool.ts';

export interface PoolSectionStores extends NamedWorkspaces {
  readonly pools: Pick<PoolStore, 'find' | 'insert' | 'update'>;
}

/** As published; those that nothing here serves are left out of what is imported. */
const published = ['password', 'otp', 'email_otp', 'sms_otp', 'totp', 'webauthn'];

const ways = z.object({ authentication_mechanisms: z.array(z.string()) });

const bodyOf = (served: readonly Mechanism[]) => {
  const known = z.enum([...new Set([...published, ...served])]);
  const isServed = (name: string): boolean => served.includes(name);
  return z
    .object(poolWords.shape)
    .extend({
      id: z.string().regex(givenIdPattern, 'must be 1 to 64 of A-Z, a-z, 0-9, . _ ~ and -'),
      authentication_mechanisms: givenList(known, 20)
        .transform((list = ['password']) => [...new Set(list.filter(isServed))])
        .refine((list) => list.length > 0, `must hold one of ${served.join(', ')}`),
      preferred_authentication_mechanism: known.transform((one) => (isServed(one) ? one : undefined)).optional(),
      system: z.boolean().default(false),
    })
    .transform(({ preferred_authentication_mechanism: preferred, ...rest }) => ({
      ...withoutUnserved(rest),
      // Where the preferred one is not served, the first is offered first.
      ...(preferred === undefined || !rest.authentication_mechanisms.includes(preferred)
        ? {}
        : { preferred_authentication_mechanism: preferred }),
    }));
};
type PoolItem = z.output<ReturnType<typeof bodyOf>>;

/** @param mechanisms that are served */
export function poolSection({
  mechanisms,
  clock,
}: {
  readonly mechanisms: readonly Mechanism[];
  readonly clock: Clock;
}): Section<PoolSectionStores> {
  const body = bodyOf(mechanisms);
  const toItem = (pool: Pool): PoolItem =>
    body.parse({
      id: pool.id,
      name: pool.name,
      ...pool.settings,
      authentication_mechanisms: pool.authenticationMechanisms,
      identifier_case_insensitive: pool.identifierCaseInsensitive,
      ...(pool.workspaceId === undefined ? {} : { workspace_id: pool.workspaceId }),
      system: pool.isSystem,
    });

  return section({
    member: 'pools',
    body,
    valuesLeftOut: (item) =>
      (ways.safeParse(item).data?.authentication_mechanisms ?? [])
        .filter((name) => published.includes(name) && !mechanisms.includes(name))
        .map((name) => `authentication_mechanisms/${name}`),
    holds: ['place'],
    placeMember: 'id',
    nameOf: ({ id }) => id,
    placeOf: ({ id }) => id,
    async *list({ pools }, tenant, id) {
      const pool = id === undefined ? undefined : await pools.find(tenant, poolId(id));
      if (pool !== undefined) yield toItem(pool);
    },
    async find({ pools }, tenant, { id }) {
      const pool = await pools.find(tenant, poolId(id));
      return pool === undefined ? undefined : toItem(pool);
    },
    faults: ({ system: _, ...words }, { tenantId }, _stored, stores) =>
      strayWorkspaces(stores, tenantId, poolWordsIn(words)),
    async write({ pools, workspaces }, tenant, item, stored) {
      // What people are called by is stored in the form that this setting gives it.
      if (stored !== undefined && stored.identifier_case_insensitive !== item.identifier_case_insensitive)
        throw new PlatformError(
          'unprocessable_entity',
          'identifier_case_insensitive of a pool that is there stays as it is.',
        );
      const now = clock.now();
      const { system, ...rest } = item;
      const words = poolWordsIn(rest);
      await requireWorkspaces({ workspaces }, tenant, words);
      const before = stored === undefined ? undefined : await pools.find(tenant, poolId(item.id));
      const pool: Pool = {
        tenantId: tenant,
        id: poolId(item.id),
        isSystem: system,
        ...words,
        createdAt: before?.createdAt ?? now,
        updatedAt: now,
      };
      await (before === undefined ? pools.insert(pool) : pools.update(pool));
    },
  });
}
