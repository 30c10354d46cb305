/** Who somebody at the login page says they are, looked for in their pool: nobody costs as many queries as somebody. */
import { createHash } from 'node:crypto';
import type { Answer, Claimant, CredentialKind } from '../credentials/credential-kind.ts';
import { userId } from '../kernel/ids.ts';
import type { Pool } from '../pools/pool.ts';
import { identifierForms, typedForm, type IdentifierStore } from '../users/identifier.ts';
import type { UserStore } from '../users/user.ts';

export interface ClaimantStores {
  readonly identifiers: Pick<IdentifierStore, 'findUser'>;
  readonly users: Pick<UserStore, 'find'>;
}

/** An id no user has: looked up for nobody. */
const nobody = userId('0'.repeat(32));

/** @param typed as the person wrote it */
export async function findClaimant(stores: ClaimantStores, pool: Pool, typed: string): Promise<Claimant> {
  const rule = { caseInsensitive: pool.identifierCaseInsensitive };
  const found = await stores.identifiers.findUser(pool.tenantId, pool.id, ...identifierForms(typed, rule));
  return {
    pool,
    identifier: typedForm(typed, rule),
    user: await stores.users.find(pool.tenantId, pool.id, found ?? nobody),
  };
}

/** Of an answer that says by itself whose it is. */
export async function findAnswerer(
  stores: ClaimantStores,
  pool: Pool,
  identify: NonNullable<CredentialKind['identify']>,
  answer: Answer,
): Promise<Claimant> {
  const found = await identify({ tenantId: pool.tenantId, poolId: pool.id }, answer);
  return { pool, identifier: '', user: await stores.users.find(pool.tenantId, pool.id, found ?? nobody) };
}

/** What their failures are counted under: the person where there is one, else what was typed. */
export function countedAs(kind: string, place: string, { user, identifier }: Pick<Claimant, 'user' | 'identifier'>) {
  return `${kind}:${place}:${user?.id ?? createHash('sha256').update(identifier).digest('base64url')}`;
}
