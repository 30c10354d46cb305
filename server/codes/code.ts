/** A one-time code: what it opens, how it is made, and what is kept of it. Never the code itself. */
import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import type { CodeId, PoolId, TenantId, UserId } from '../kernel/ids.ts';
import type { VerifiableAddress } from '../users/address.ts';
import type { User, UserStatus } from '../users/user.ts';
import type { Registration } from './registration.ts';

export const codeTypes = [
  'activation',
  'authentication',
  'challenge',
  'enroll_webauthn',
  'reset_password',
  'verify_address',
] as const;
export type CodeType = (typeof codeTypes)[number];

/** Who may be sent a code of each type, and use it: somebody who is not active yet activates, and does nothing else. */
const statuses: Readonly<Record<CodeType, readonly UserStatus[]>> = {
  activation: ['new'],
  authentication: ['active'],
  challenge: ['active'],
  enroll_webauthn: ['active'],
  reset_password: ['active'],
  verify_address: ['active', 'new'],
};

export const mayUse = (type: CodeType, { status }: Pick<User, 'status'>): boolean => statuses[type].includes(status);

/** Wrong tries that a code outlives but for the last: with six digits, one chance in 200,000. */
export const attemptsOfCode = 5;

export interface CodePlace {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly userId: UserId;
  readonly type: CodeType;
  /**
   * The login, or the page, that it is good in, and in no other: whoever knows what somebody is called can void, or use up,
   * only the codes of their own logins and pages. Left out for a code that is good anywhere.
   */
  readonly bound?: string;
}

/** The address that a code was sent to. */
export type CodeAddress = Pick<VerifiableAddress, 'type' | 'normalized'>;

export interface Code extends CodePlace {
  readonly id: CodeId;
  /** False for one that was made for nobody, so that nobody costs what somebody does. */
  readonly isOwned: boolean;
  /** Keyed: see `createCodeSecrets`. */
  readonly hash: string;
  /** The one meant, then the fallbacks; sealed at rest. Empty where a program asked for the code and sends it itself. */
  readonly addresses: readonly CodeAddress[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** That it confirms; sealed at rest. Left out for a code that was asked for otherwise. */
  readonly registration?: Registration;
  readonly attemptsLeft: number;
  readonly consumedBy: string | undefined;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface CodeStore {
  /** Writes it in the place of the one before, which is void then. */
  put(code: Code): Promise<void>;
  /**
   * Counts a try, before it is looked at, and answers the code as it is then.
   * @returns undefined where there is none, and where it has no tries left
   */
  take(place: CodePlace): Promise<Code | undefined>;
  /** Undoes a try that was right. The same statement for an id of nobody. */
  giveBackAttempt(place: CodePlace, id: CodeId | undefined): Promise<void>;
  /**
   * Spends it: `UPDATE … WHERE consumed_by IS NULL OR consumed_by = ?`, so that of several at once one succeeds.
   * @returns whether it is spent by this one
   */
  spend(place: CodePlace, id: CodeId, by: string): Promise<boolean>;
}

export interface CodeSecrets {
  /** Digits, leading zeros kept; each equally likely. */
  make(length: number): string;
  hash(place: CodePlace, code: string): string;
  /** In constant time, for no code as well. */
  isRight(place: CodePlace, code: string, kept: string | undefined): boolean;
}

/** @param key 32 bytes for this purpose: whoever reads the rows alone cannot try all codes against a hash */
export function createCodeSecrets(key: Uint8Array): CodeSecrets {
  const hash = ({ tenantId, poolId, userId, type, bound }: CodePlace, code: string): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([tenantId, poolId, userId, type, code, ...(bound === undefined ? [] : [bound])]))
      .digest('hex');
  return {
    make: (length) => Array.from({ length }, () => String(randomInt(10))).join(''),
    hash,
    isRight(place, code, kept) {
      const given = Buffer.from(hash(place, code));
      const isSame = timingSafeEqual(given, Buffer.from((kept ?? '').padEnd(given.length, '-')));
      return isSame && kept !== undefined;
    },
  };
}

/** As published: base64 of `{user_id}:{code}` (RFC 4648 §4). */
export function extendedCode(user: UserId, code: string): string {
  return Buffer.from(`${user}:${code}`).toString('base64');
}

/** @returns undefined for what is no extended code; also reads base64url, as links are often rewritten */
export function readExtendedCode(text: string): { readonly userId: string; readonly code: string } | undefined {
  if (text.length > 200 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  const [, userId, code] =
    /^([\x21-\x7e]{1,64}):(\d{1,32})$/.exec(Buffer.from(text, 'base64').toString('latin1')) ?? [];
  return userId === undefined || code === undefined ? undefined : { userId, code };
}
