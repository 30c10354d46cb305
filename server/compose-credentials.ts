/** The composition root's part that is about how people prove who they are: one kind of credential after the other. */
import { composeCodes, type CodeParts, type Codes } from './compose-codes.ts';
import type { KindParts } from './compose-kinds.ts';
import type { Platform } from './compose.ts';
import type { CredentialKind } from './credentials/credential-kind.ts';
import { createPasskeyOffer, type PasskeyOffer } from './credentials/passkey/passkey-offer.service.ts';
import { createPasskeyPages, type PasskeyPages } from './credentials/passkey/passkey-pages.service.ts';
import { createPasskeyService, type PasskeyService } from './credentials/passkey/passkey.service.ts';
import { passkeyCredential, passkeyDisguise } from './credentials/passkey/passkey.credential.ts';
import { systemClock as clock } from './kernel/clock.ts';

export interface Credentials {
  /** What a login may ask for, by what the pool allows. */
  readonly kinds: readonly CredentialKind[];
  readonly codes: Codes['routes'];
  readonly passkeys: PasskeyService;
  readonly passkeyOffer: PasskeyOffer;
  readonly passkeyPages: PasskeyPages;
}

export function composeCredentials(platform: Platform, parts: CodeParts): Credentials {
  const { stores, unitOfWork, hasher, deriveKey, database } = platform;
  const codes = composeCodes(platform, parts);
  const { sender, checker } = codes.routes;
  const made: KindParts = { ...stores, unitOfWork, hasher, deriveKey, sender, checker, clock, database };
  const disguise = passkeyDisguise(made);
  const passkeys = createPasskeyService({ unitOfWork, originOf: parts.originOf, disguise, clock });
  const passkeyKind = passkeyCredential.create(made);
  return {
    kinds: platform.kinds.map((kind) => kind.create(made)),
    passkeyPages: createPasskeyPages({ ...stores, kind: passkeyKind, originOf: parts.originOf, disguise }),
    codes: codes.routes,
    passkeys,
    passkeyOffer: createPasskeyOffer({ service: passkeys, clock }),
  };
}
