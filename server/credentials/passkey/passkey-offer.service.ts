/** Offering somebody who has just signed in a passkey for the next time. */
import { PlatformError, isPlatformError } from '../../kernel/errors.ts';
import { isBeforeSessionsEnd } from '../../users/sessions-end.ts';
import type { ProvenCredential } from '../credential-kind.ts';
import type { PersonAt } from '../../users/person-change.ts';
import { answerIn, creationBody } from './passkey.body.ts';
import { passkeyField } from './passkey-kind.ts';
import { mayAddPasskey, type Passkey } from './passkey.ts';
import type { CreationOptions, PasskeyService } from './passkey.service.ts';

/** Somebody in a login. */
export interface OfferedTo extends Pick<PersonAt, 'tenantId' | 'poolId' | 'id'> {
  /** Seconds since the epoch, as in `auth_time`. */
  readonly authTime: number;
  /** What they proved themselves with in this login. */
  readonly credential: ProvenCredential | undefined;
}

export type OfferOutcome =
  | { readonly kind: 'added'; readonly passkey: Passkey }
  | { readonly kind: 'not_now' }
  /** They have to sign in again first: the last time is too long ago. */
  | { readonly kind: 'stale' }
  /** The page is shown again; nothing was kept. */
  | { readonly kind: 'again'; readonly text: 'not_accepted' | 'passkey_taken' };

export interface PasskeyOffer {
  /** @returns undefined where there is nothing to offer any more */
  page(to: OfferedTo, nonce: string): Promise<{ readonly publicKey: CreationOptions } | undefined>;
  /**
   * Reads the posted form. Idempotent: the same form posted twice adds one passkey.
   * @param browser that it is made in: see `PasskeyNaming`
   */
  handle(to: OfferedTo, nonce: string, form: Readonly<Record<string, string>>, browser: string): Promise<OfferOutcome>;
}

/** The button that leaves it for another time posts this name. */
export const notNowField = 'not_now';

export function createPasskeyOffer({
  service,
  clock,
}: {
  readonly service: Pick<PasskeyService, 'beginOnPage' | 'completeOnPage'>;
  readonly clock: { now(): number };
}): PasskeyOffer {
  // They act for themselves, whatever roles they have, and as long as their login is worth something: whoever it was
  // taken from, by a reset or because their password was another's too, is left nothing to come back by.
  const at = ({ tenantId, poolId, id, authTime, credential }: OfferedTo): PersonAt => ({
    tenantId,
    poolId,
    id,
    isAboveAdministrators: true,
    check({ user, password }) {
      const isOver = user.status !== 'active' || isBeforeSessionsEnd(user, authTime);
      const isChanged = credential?.mechanism === 'password' && credential.mark !== String(password?.version);
      if (isOver || isChanged) throw new PlatformError('forbidden', 'This login is worth nothing any more.');
    },
  });

  return {
    async page(to, nonce) {
      if (!mayAddPasskey(to.authTime, clock.now())) return undefined;
      try {
        return { publicKey: await service.beginOnPage(at(to), nonce) };
      } catch (error) {
        // The pool has no passkeys any more, the person is gone, or has as many as they may.
        if (error instanceof PlatformError && error.status < 500) return undefined;
        throw error;
      }
    },

    async handle(to, nonce, form, browser) {
      if (form[notNowField] !== undefined) return { kind: 'not_now' };
      if (!mayAddPasskey(to.authTime, clock.now())) return { kind: 'stale' };
      const response = answerIn(creationBody, form[passkeyField]);
      if (response === undefined) return { kind: 'again', text: 'not_accepted' };
      try {
        return { kind: 'added', passkey: await service.completeOnPage(at(to), nonce, response, { browser }) };
      } catch (error) {
        if (isPlatformError(error, 'forbidden')) return { kind: 'stale' };
        if (isPlatformError(error, 'conflict')) return { kind: 'again', text: 'passkey_taken' };
        if (isPlatformError(error, 'unprocessable_entity')) return { kind: 'again', text: 'not_accepted' };
        throw error;
      }
    },
  };
}
