/** Passwords without the cost of argon2, on real rows: what is asked of it is counted. */
import type { Knex } from 'knex';
import { createPasswordHasher } from '../../server/credentials/password/hasher.ts';
import { createPasswordAttempts } from '../../server/credentials/password/password-attempts.ts';
import { createPolicyCheck } from '../../server/credentials/password/password-policy.ts';
import type { PasswordCredential, PasswordHasher } from '../../server/credentials/password/password.ts';
import {
  createPasswordService,
  type PasswordOwner,
  type PasswordService,
  type PasswordStores,
} from '../../server/credentials/password/password.service.ts';
import { createStrengthMeter } from '../../server/credentials/password/password-strength.ts';
import { createPasswordVerifyService } from '../../server/credentials/password/password-verify.service.ts';
import { createThrottleStore } from '../../server/interactions/throttle.store.ts';
import type { UnitOfWork } from '../../server/kernel/unit-of-work.ts';
import { heldClock, storesOf, unitOfWorkOn } from './stores.ts';

/** How the hashes begin that are made here; the password follows. */
export const ownHash = '$argon2id$v=19$m=19456,t=2,p=1$';

/** bcrypt of `U*U`, as another system made it. */
export const foreignHash = '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';

/** The hash is the password itself. */
export function cheapHasher() {
  const calls: string[] = [];
  const hasher = createPasswordHasher({
    argon2: {
      hash: (password) => {
        calls.push('hash');
        return Promise.resolve(ownHash + password);
      },
      verify: (hash, password) => {
        calls.push('verify');
        return Promise.resolve(hash === ownHash + password);
      },
    },
  });
  calls.length = 0;
  return { hasher, calls };
}

/** Loads its dictionaries once for all tests. */
export const { strengthOf } = createStrengthMeter();

/** @param instead of the hasher's own functions */
export function passwordsOn(knex: Knex, instead: Partial<PasswordHasher> = {}) {
  const clock = heldClock();
  const stores = storesOf(knex, clock);
  const { hasher: cheap, calls } = cheapHasher();
  const hasher = { ...cheap, ...instead };
  const policy = createPolicyCheck({ hasher, strengthOf });
  const attempts = createPasswordAttempts({ throttle: createThrottleStore(knex), clock });
  const { passwords } = stores;
  const unitOfWork = unitOfWorkOn(knex, clock);
  return {
    clock,
    stores,
    unitOfWork,
    hasher,
    /** What argon2 was asked. */
    calls,
    policy,
    attempts,
    service: createPasswordService({ unitOfWork, passwords, hasher, policy, attempts, clock }),
    verifier: createPasswordVerifyService({ ...stores, hasher, attempts, clock }),
  };
}

/** Sets a password anew, as whoever had a code does. @param spendCode in the transaction of the change, before it */
export async function resetPassword<Stores extends PasswordStores>(
  { service, unitOfWork }: { readonly service: PasswordService; readonly unitOfWork: UnitOfWork<Stores> },
  owner: PasswordOwner,
  newPassword: string,
  pointer = '',
  spendCode: (stores: Stores) => Promise<void> = () => Promise.resolve(),
): Promise<PasswordCredential> {
  const write = await service.prepareReset(owner, newPassword, pointer);
  return unitOfWork.run(async (stores) => {
    await spendCode(stores);
    return write(stores);
  });
}

/** What the database is asked while `work` runs. */
export async function queriesOf(knex: Knex, work: () => Promise<unknown>): Promise<readonly string[]> {
  const queries: string[] = [];
  const note = ({ sql }: { readonly sql: string }): void => {
    queries.push(sql);
  };
  knex.on('query', note);
  try {
    await work();
  } finally {
    knex.off('query', note);
  }
  return queries;
}
