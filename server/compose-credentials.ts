/** The composition root's part that is about how people prove who they are: one kind of credential after the other. */
import type { Platform } from './compose.ts';
import type { CredentialKind } from './credentials/credential-kind.ts';
import { createDisguise } from './credentials/passkey/disguise.ts';
import { createPasskeyKind } from './credentials/passkey/passkey-kind.ts';
import { createPasskeyOffer, type PasskeyOffer } from './credentials/passkey/passkey-offer.service.ts';
import { createPasskeyService, type PasskeyService } from './credentials/passkey/passkey.service.ts';
import { createPublicOrigins } from './http/public-origin.ts';
import { systemClock as clock } from './kernel/clock.ts';

export interface Credentials {
  /** What a login may ask for, by what the pool allows. */
  readonly kinds: readonly CredentialKind[];
  readonly passkeys: PasskeyService;
  readonly passkeyOffer: PasskeyOffer;
}

export function composeCredentials({ config, stores, unitOfWork, passwords, deriveKey }: Platform): Credentials {
  const origins = createPublicOrigins(config.publicUrl);
  const disguise = createDisguise(deriveKey('passkeys'));
  const passkeys = createPasskeyService({
    unitOfWork,
    originOf: (tenant) => origins.originOf(tenant),
    disguise,
    clock,
  });
  return {
    kinds: [passwords.kind, createPasskeyKind({ passkeys: stores.passkeys, unitOfWork, disguise, clock })],
    passkeys,
    passkeyOffer: createPasskeyOffer({ service: passkeys, clock }),
  };
}
