/** Pools in an exported identity configuration. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { poolId } from '../kernel/ids.ts';
import type { Pool, PoolStore } from './pool.ts';

export interface PoolSectionStores {
  readonly pools: Pick<PoolStore, 'find' | 'insert' | 'update'>;
}

/** As published; those that nothing here serves are left out. */
const mechanisms = z.enum(['password', 'otp', 'email_otp', 'sms_otp', 'totp', 'webauthn']);

const body = z.object({
  id: z.string(),
  name: z.string().trim().min(1).max(255),
  identifier_case_insensitive: z.boolean().default(false),
  authentication_mechanisms: z
    .array(mechanisms)
    .max(20)
    .default(['password'])
    .transform((list) => list.filter((one) => one === 'password').slice(0, 1))
    .refine((list) => list.length > 0, 'must hold password: there is no other way to sign in yet'),
});
type PoolItem = z.infer<typeof body>;

const toItem = ({ id, name, identifierCaseInsensitive, authenticationMechanisms }: Pool): PoolItem => ({
  id,
  name,
  identifier_case_insensitive: identifierCaseInsensitive,
  authentication_mechanisms: [...authenticationMechanisms],
});

export function poolSection({ clock }: { readonly clock: Clock }): Section<PoolSectionStores> {
  return section({
    member: 'pools',
    body,
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
    faults: ({ id }) =>
      Promise.resolve(
        faultsFrom(() => {
          if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)) return;
          throw unprocessable('/id', 'must be 1 to 64 of A-Z, a-z, 0-9, - and _');
        }),
      ),
    async write({ pools }, tenant, item, stored) {
      // What people are called by is stored in the form that this setting gives it.
      if (stored !== undefined && stored.identifier_case_insensitive !== item.identifier_case_insensitive)
        throw new PlatformError(
          'unprocessable_entity',
          'identifier_case_insensitive of a pool that is there stays as it is.',
        );
      const now = clock.now();
      const before = stored === undefined ? undefined : await pools.find(tenant, poolId(item.id));
      const pool: Pool = {
        tenantId: tenant,
        id: poolId(item.id),
        name: item.name,
        identifierCaseInsensitive: item.identifier_case_insensitive,
        authenticationMechanisms: ['password'],
        settings: before?.settings ?? {},
        createdAt: before?.createdAt ?? now,
        updatedAt: now,
      };
      await (before === undefined ? pools.insert(pool) : pools.update(pool));
    },
  });
}
