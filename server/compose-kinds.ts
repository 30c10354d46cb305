/** The composition root's list of the kinds of credentials: the one place that says which there are. */
import type { CredentialDefinition } from './credentials/credential-kind.ts';
import { otpCredential } from './credentials/otp/otp.credential.ts';
import type { OtpKindDeps } from './credentials/otp/otp-kind.ts';
import { passkeyCredential, type PasskeyKindParts } from './credentials/passkey/passkey.credential.ts';
import { passwordCredential } from './credentials/password/password.credential.ts';
import type { PasswordKindDeps } from './credentials/password/password-kind.ts';
import type { Database } from './db/knex.ts';
import { PlatformError } from './kernel/errors.ts';

/** Of all that kinds are made of, each takes what it needs. */
export interface KindParts extends PasswordKindDeps, OtpKindDeps, PasskeyKindParts {
  /** Outside of any transaction, for a kind with rows of its own. */
  readonly database: Database;
}

export type KindDefinition = CredentialDefinition<Database, KindParts>;

/** In the order in which people are told of them. */
export const credentialKinds: readonly KindDefinition[] = [passwordCredential, otpCredential, passkeyCredential];

/**
 * One kind for each name, which pages, forms and texts are called by.
 * @throws PlatformError `internal`, which stops the start
 */
export function checkKinds(kinds: readonly KindDefinition[]): void {
  const names = new Set<string>();
  for (const { mechanism } of kinds) {
    if (!/^[a-z][a-z0-9_]{0,31}$/.test(mechanism))
      throw new PlatformError('internal', `A kind of credential cannot be called ${mechanism}.`);
    if (names.has(mechanism)) throw new PlatformError('internal', `Two kinds of credentials are called ${mechanism}.`);
    names.add(mechanism);
  }
}

/** Every table that a kind keeps something of people in. */
export const tablesOf = (kinds: readonly KindDefinition[]): readonly string[] => kinds.flatMap(({ tables }) => tables);
