/** Whom a code is about: looked up the same way for somebody and for nobody, and where they may be sent one. */
import { createHash } from 'node:crypto';
import { userId } from '../kernel/ids.ts';
import type { Pool } from '../pools/pool.ts';
import { normalizeAddress, type AddressStore, type VerifiableAddress } from '../users/address.ts';
import { identifierForms, typedForm, type IdentifierStore } from '../users/identifier.ts';
import type { User, UserStore } from '../users/user.ts';

export interface PersonStores {
  readonly users: Pick<UserStore, 'find'>;
  readonly identifiers: Pick<IdentifierStore, 'findUser'>;
  readonly addresses: Pick<AddressStore, 'findUser' | 'listOf'>;
}

/** How a caller says who is meant. */
export type Naming =
  | { readonly by: 'id'; readonly text: string }
  | { readonly by: 'identifier'; readonly text: string }
  /** A verified one. */
  | { readonly by: 'address'; readonly text: string };

export interface NamedPerson {
  /** Undefined for nobody. */
  readonly user: User | undefined;
  readonly addresses: readonly VerifiableAddress[];
  /** What was typed, as attempts are counted under it. */
  readonly typed: string;
}

/** An id no user has: looked up for nobody, so that nobody costs as many queries as somebody. */
const nobody = userId('0'.repeat(32));

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** @returns the address in the form it is compared in; a text that is none, which is nobody's, where it is none */
export function addressForm(text: string): string {
  return normalizeAddress(text.includes('@') ? 'email' : 'mobile', text) ?? ' ';
}

export async function namedPerson(stores: PersonStores, pool: Pool, { by, text }: Naming): Promise<NamedPerson> {
  const { tenantId, id: poolId } = pool;
  const rule = { caseInsensitive: pool.identifierCaseInsensitive };
  const typed = by === 'id' ? text : by === 'address' ? addressForm(text) : typedForm(text, rule);
  const found =
    by === 'id'
      ? userId(text)
      : by === 'address'
        ? await stores.addresses.findUser(tenantId, poolId, typed)
        : await stores.identifiers.findUser(tenantId, poolId, ...identifierForms(text, rule));
  const id = found ?? nobody;
  const user = await stores.users.find(tenantId, poolId, id);
  const addresses = await stores.addresses.listOf(tenantId, poolId, id);
  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  return user?.id === id ? { user, addresses, typed } : { user: undefined, addresses: [], typed };
}

/**
 * Where somebody is sent a code: the address that was asked for, or the one they verified first; then the others that
 * they verified. What is typed is only ever compared: a message goes to what is stored.
 * @param asked as it was typed. @param takes whether it may be one that is not verified: then there is no fallback,
 *   since the code proves whose it is
 */
export function destinationsOf(
  addresses: readonly VerifiableAddress[],
  asked: string | undefined,
  takes: 'verified' | 'any',
): readonly VerifiableAddress[] {
  const verified = addresses
    .filter(({ status, verifiedAt }) => status === 'active' && verifiedAt !== undefined)
    .toSorted((one, other) => (one.verifiedAt ?? 0) - (other.verifiedAt ?? 0) || one.type.localeCompare(other.type));
  if (asked === undefined) return verified;
  const form = addressForm(asked);
  const meant = addresses.find(({ normalized, status }) => normalized === form && status === 'active');
  if (meant === undefined) return [];
  if (meant.verifiedAt === undefined) return takes === 'any' ? [meant] : [];
  return [meant, ...verified.filter(({ normalized }) => normalized !== form)];
}

/**
 * Where an account is activated: the address that was asked for, or the only one; nowhere where somebody else has it.
 * @param asked as it was typed
 */
export async function toActivate(
  { addresses: stored }: Pick<PersonStores, 'addresses'>,
  { tenantId, id: poolId }: Pool,
  { user, addresses }: NamedPerson,
  asked: string | undefined,
): Promise<readonly VerifiableAddress[]> {
  const active = addresses.filter(({ status }) => status === 'active');
  const form = asked === undefined ? active[0]?.normalized : addressForm(asked);
  const meant = active.find(({ normalized }) => normalized === form);
  const owner = await stored.findUser(tenantId, poolId, form ?? ' ');
  const isOpen = meant !== undefined && (owner === undefined || owner === user?.id);
  return isOpen && (asked !== undefined || active.length === 1) ? [meant] : [];
}
