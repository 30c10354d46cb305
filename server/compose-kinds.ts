/** The composition root's list of the kinds of credentials: the one place that says which there are. */
import type { CredentialDefinition, CredentialKind } from './credentials/credential-kind.ts';
import { otpCredential } from './credentials/otp/otp.credential.ts';
import type { OtpKindDeps } from './credentials/otp/otp-kind.ts';
import { passkeyCredential, type PasskeyKindParts } from './credentials/passkey/passkey.credential.ts';
import { passwordCredential, type PasswordKindParts } from './credentials/password/password.credential.ts';
import type { PasskeySectionStores } from './credentials/passkey/passkey.section.ts';
import type { PasswordSectionStores } from './credentials/password/password.section.ts';
import type { PluginTransaction } from './extension-points/host.ts';
import type { PasskeyStores } from './credentials/passkey/passkey.service.ts';
import type { PasswordStores } from './credentials/password/password.service.ts';
import type { Database } from './db/knex.ts';
import { PlatformError } from './kernel/errors.ts';

/** Of all that kinds are made of, each takes what it needs. */
export interface KindParts extends PasswordKindParts, OtpKindDeps, PasskeyKindParts {
  /** Outside of any transaction, for a kind with rows of its own. */
  readonly database: Database;
}

/** Of a transaction that is not theirs, what kinds write to; `lent` for one with rows of its own. */
export type KindStores = PasswordStores &
  PasswordSectionStores &
  PasskeyStores &
  PasskeySectionStores & { readonly lent: PluginTransaction };

export type KindDefinition = CredentialDefinition<Database, KindParts, KindStores>;

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

/** @throws PlatformError `internal`, which stops the start, where it says something else of itself to pages than to logins */
export function createKind(definition: KindDefinition, parts: KindParts): CredentialKind<KindStores> {
  const { mechanism, names = false, setting } = definition;
  const kind = definition.create(parts);
  const isSame =
    kind.mechanism === mechanism &&
    (kind.identify !== undefined) === names &&
    kind.setting?.manner === setting?.manner &&
    kind.setting?.replaces === setting?.replaces;
  if (!isSame)
    throw new PlatformError('internal', `The kind ${mechanism} says something else of itself to pages than to logins.`);
  return kind;
}

/** Every table that a kind keeps something of people in. */
export const tablesOf = (kinds: readonly KindDefinition[]): readonly string[] => kinds.flatMap(({ tables }) => tables);

/** Every name under which something stands that proves somebody: no log has it, whoever hands it over. */
export const secretFieldsOf = (kinds: readonly KindDefinition[]): readonly string[] =>
  kinds.flatMap(({ mechanism, secretFields }) => [mechanism, ...secretFields]);

/** Every table of kinds at all: what goes with a tenant, and with a pool. */
export const holdingsOf = (kinds: readonly KindDefinition[]): readonly string[] =>
  kinds.flatMap(({ tables, otherTables = [] }) => [...tables, ...otherTables]);
