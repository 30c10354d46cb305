/** The composition root's part that is about how people prove who they are: one kind of credential after the other. */
import { composeCodes, type CodeParts, type Codes } from './compose-codes.ts';
import { createKind, type KindParts, type KindStores } from './compose-kinds.ts';
import type { Platform } from './compose.ts';
import type { CredentialKind } from './credentials/credential-kind.ts';
import { createPasskeyOffer, type PasskeyOffer } from './credentials/passkey/passkey-offer.service.ts';
import type { PasskeyPages } from './credentials/passkey/passkey-pages.service.ts';
import type { PasskeyService } from './credentials/passkey/passkey.service.ts';
import { createPasskeys } from './credentials/passkey/passkey.credential.ts';
import { systemClock as clock } from './kernel/clock.ts';

export interface Credentials {
  /** What a login may ask for, by what the pool allows. */
  readonly kinds: readonly CredentialKind<KindStores>[];
  readonly codes: Codes['routes'];
  readonly passkeys: PasskeyService;
  readonly passkeyOffer: PasskeyOffer;
  readonly passkeyPages: PasskeyPages;
}

export function composeCredentials(platform: Platform, parts: CodeParts): Credentials {
  const { stores, unitOfWork, hasher, deriveKey, database } = platform;
  const codes = composeCodes(platform, parts);
  const { sender, checker } = codes.routes;
  const made: KindParts = {
    ...{ ...stores, unitOfWork, hasher, deriveKey, sender, checker, clock, database },
    passwordService: platform.passwords.service,
    originOf: parts.originOf,
  };
  const passkeys = createPasskeys(made);
  return {
    kinds: platform.kinds.map((kind) => createKind(kind, made)),
    passkeyPages: passkeys.pages,
    codes: codes.routes,
    passkeys: passkeys.service,
    passkeyOffer: createPasskeyOffer({ service: passkeys.service, clock }),
  };
}
