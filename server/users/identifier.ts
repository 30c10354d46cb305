/** What a person types to say who they are: e-mail address, phone number or user name, in the form of its type. */
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';
import { malformed, normalizeAddress } from './address.ts';

export const identifierTypes = ['email', 'mobile', 'uid', 'external'] as const;
export type IdentifierType = (typeof identifierTypes)[number];

export interface Identifier {
  readonly type: IdentifierType;
  /** As the person wrote it. */
  readonly value: string;
  /** The form compared: see `normalizeIdentifier`. Unique in a pool across types. */
  readonly normalized: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch; left out where it came with its person. */
  readonly createdAt?: number;
}

/** Whether a pool tells user names and external ids apart by case. */
export interface CaseRule {
  readonly caseInsensitive: boolean;
}

/** What somebody says at a registration that they want to be called by: a phone has its country, digits alone are a name. */
export function identifierTypeOf(text: string): 'email' | 'mobile' | 'uid' {
  const trimmed = text.trim();
  if (trimmed.includes('@')) return 'email';
  return /^\+[0-9 ().-]{6,}$/.test(trimmed) ? 'mobile' : 'uid';
}

const plainOf = (text: string): string => text.slice(0, 320).normalize('NFKC').trim();
const phoneOf = (plain: string): string => `+${plain.replaceAll(/\D/g, '')}`;

/**
 * The form in which identifiers are stored and compared: NFKC; an e-mail address in lower case, as addresses are compared
 * everywhere; a phone as its digits behind a plus; whatever else as it was written, in lower case where the pool ignores it.
 * @param text at most 320 characters; longer ones are cut, so they match nobody
 */
export function normalizeIdentifier(type: IdentifierType, text: string, { caseInsensitive }: CaseRule): string {
  const plain = plainOf(text);
  if (type === 'mobile') return phoneOf(plain);
  return type === 'email' || caseInsensitive ? plain.toLowerCase() : plain;
}

/** @returns what is wrong with a text that nobody can be called, or that is not of its type; undefined where nothing is */
export function identifierFault(type: IdentifierType, text: string): string | undefined {
  const normalized = normalizeIdentifier(type, text, { caseInsensitive: true });
  // NFKC may lengthen a text; what is stored is what is compared later, never a part of it.
  if (text.length > 320 || normalized.length > 320) return 'An identifier must have at most 320 characters.';
  if (normalized === '') return 'An identifier must not be empty.';
  if (type === 'email') return normalizeAddress(type, text) === undefined ? malformed[type] : undefined;
  // A phone is also known without its plus; letters make no number.
  const isPhone = /^\+?[0-9 ().-]+$/.test(plainOf(text)) && normalizeAddress('mobile', normalized) !== undefined;
  return type === 'mobile' && !isPhone ? malformed[type] : undefined;
}

/**
 * Every form in which a text may be stored whose type nobody said, each once, the likeliest first: whoever is called just so
 * comes before whose address or phone it is. How many there are depends on the text alone.
 */
export function identifierForms(text: string, rule: CaseRule): readonly [string, ...string[]] {
  const name = normalizeIdentifier('uid', text, rule);
  const other = typedForm(text, rule);
  return other === name ? [name] : [name, other];
}

/**
 * The one form of a text by which attempts are counted, and nobody is told apart from somebody: all spellings that find the
 * same person have the same.
 */
export function typedForm(text: string, rule: CaseRule): string {
  const plain = plainOf(text);
  if (plain.includes('@')) return normalizeIdentifier('email', text, rule);
  const isPhone = /^\+?[0-9][0-9 ().-]{5,}$/.test(plain);
  return normalizeIdentifier(isPhone ? 'mobile' : 'uid', text, rule);
}

/** What a name begins with in each form in which it may be stored that begins with a text. */
export function identifierPrefixes(text: string, rule: CaseRule): readonly string[] {
  const plain = plainOf(text);
  const isOfPhone = /^\+?[ ().-]*[0-9][0-9 ().-]*$/.test(plain);
  const forms = [normalizeIdentifier('uid', text, rule), plain.toLowerCase(), ...(isOfPhone ? [phoneOf(plain)] : [])];
  return [...new Set(forms)];
}

export interface IdentifierStore {
  /** @param forms of what was typed: see `identifierForms`. One query, whoever has which. @returns who has the first that is had */
  findUser(tenant: TenantId, pool: PoolId, ...forms: readonly string[]): Promise<UserId | undefined>;
  listOf(tenant: TenantId, pool: PoolId, user: UserId): Promise<readonly Identifier[]>;
  /** Of several people at once, a page's. */
  listOfEach(
    tenant: TenantId,
    pool: PoolId,
    users: readonly UserId[],
  ): Promise<ReadonlyMap<UserId, readonly Identifier[]>>;
  /** @throws PlatformError `conflict` when somebody in the pool has it */
  insert(tenant: TenantId, pool: PoolId, user: UserId, identifier: Identifier): Promise<void>;
  remove(tenant: TenantId, pool: PoolId, user: UserId, normalized: string): Promise<void>;
  /** Every one of a pool: for pools of a size that was looked at before. */
  listAll(tenant: TenantId, pool: PoolId): Promise<readonly Identifier[]>;
  /** Gives an identifier another normal form. @throws PlatformError `conflict` when somebody in the pool has it */
  rename(tenant: TenantId, pool: PoolId, from: string, to: string): Promise<void>;
}
