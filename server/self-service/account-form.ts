/** What a form of the account pages carries: what is typed, what is wrong with it, and by what it spends a code. */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { AccountErrand, AccountFault } from '../themes/account-pages.ts';
import { normalizeAddress } from '../users/address.ts';

/** What is too long is as good as nothing. What an authenticator made fits into this with room to spare. */
const fields = z.record(z.string(), z.string().max(8192).catch('')).catch({});

export const accountForm = fields.transform(({ identifier = '', code = '', nonce = '', ...answer }) => ({
  identifier,
  code: code.length > 2048 ? '' : code,
  nonce: nonce.length > 64 ? '' : nonce,
  /** What kinds of credentials asked for. */
  answer,
}));
export type AccountForm = z.output<typeof accountForm>;

const longestIdentifier = 320;

/** Known to the page alone that it stands on. */
export const newNonce = (): string => randomBytes(24).toString('base64url');

/**
 * What a page spends a code by: a press of the same button once more, or a reload after an answer that was lost, is told
 * the same, and another password is not. Nothing of what was given can be tried against it without the nonce, which is kept
 * by the page alone.
 */
export function spenderOf({ nonce, answer }: AccountForm): string | undefined {
  if (nonce === '') return undefined;
  const given = Object.entries(answer).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([nonce, ...given]))
    .digest('base64url');
}

/** What is wrong with what somebody typed to say who they are. */
export function nameFault(errand: AccountErrand, identifier: string): AccountFault | undefined {
  if (identifier === '') return errand === 'register' ? 'address_missing' : 'identifier_missing';
  if (identifier.length > longestIdentifier) return 'identifier_too_long';
  if (errand !== 'register') return undefined;
  const type = identifier.includes('@') ? 'email' : 'mobile';
  return normalizeAddress(type, identifier) === undefined ? 'address_malformed' : undefined;
}
