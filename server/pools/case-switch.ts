/** Whether identifiers differ by case: switched for a pool with people in it, unless two of them would be called the same. */
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { normalizeIdentifier, type IdentifierStore } from '../users/identifier.ts';
import type { Pool } from './pool.ts';

export interface CaseSwitchStores {
  readonly identifiers: Pick<IdentifierStore, 'listAll' | 'rename'>;
}

/** Each identifier is written anew in one transaction: larger pools are exported, and imported into another one. */
const mostPeople = 10_000;

/**
 * Brings every identifier of a pool into the form that its setting asks for.
 * @param pool as it will be
 * @throws PlatformError `unprocessable_entity` for a large pool, `conflict` where two people would be called the same
 */
export async function renormalize({ identifiers }: CaseSwitchStores, pool: Pool, users: number): Promise<void> {
  const { tenantId, id, identifierCaseInsensitive: caseInsensitive } = pool;
  const pointer = '/identifier_case_insensitive';
  if (users > mostPeople)
    throw unprocessable(pointer, `cannot be switched with more than ${String(mostPeople)} people in the pool`);
  const all = await identifiers.listAll(tenantId, id);
  const renamed = all.map(({ type, value, normalized }) => ({
    from: normalized,
    to: normalizeIdentifier(type, value, { caseInsensitive }),
  }));
  if (new Set(renamed.map(({ to }) => to)).size !== renamed.length) {
    const message = 'Some people would be called the same: their identifiers differ in case alone.';
    throw new PlatformError('conflict', message, { details: [{ pointer, message }] });
  }
  // No form is another one's old form: that one would have kept it, and they would collide.
  for (const { from, to } of renamed) if (from !== to) await identifiers.rename(tenantId, id, from, to);
}
