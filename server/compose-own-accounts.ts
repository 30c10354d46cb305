/** The composition root's part that is the pages on which people look after their own account. */
import type { Router } from 'express';
import type { Credentials } from './compose-credentials.ts';
import type { Platform } from './compose.ts';
import { rulesShown } from './credentials/password/rules-shown.ts';
import { clientAddress } from './http/client-address.ts';
import { createRateLimiter } from './http/rate-limit.ts';
import { createFormNonces } from './interactions/form-nonce.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { createAccountQueries } from './self-service/account-query.ts';
import { isOfferedTo, pathOf } from './self-service/account.ts';
import { createFindCallingPerson } from './self-service/calling-person.service.ts';
import { createOwnAccountRoutes } from './self-service/own-account.routes.ts';
import { createOwnPlaces, type OwnPlacesDeps } from './self-service/own-place.routes.ts';
import { createReadSelfProfile } from './self-service/self-profile.service.ts';

/** For each network address that is sent to sign in; and for each person who changes something. */
const strangerLimit = { burst: 60, perMinute: 60 };
const personLimit = { burst: 60, perMinute: 60 };

export interface OwnAccountParts extends Pick<
  OwnPlacesDeps,
  'tenants' | 'clients' | 'signIn' | 'issuerOf' | 'renderer' | 'referenceOf'
> {
  readonly credentials: Credentials;
}

export function composeOwnAccounts(platform: Platform, { credentials, ...parts }: OwnAccountParts): Router {
  const { stores, sealer, deriveKey, passwords, mails, log } = platform;
  const addressOf: OwnPlacesDeps['addressOf'] = (req) => clientAddress(req).throttleKey;
  return createOwnAccountRoutes({
    places: createOwnPlaces({
      ...parts,
      segment: 'account',
      workspaces: stores.workspaces,
      idps: stores.idps,
      strangers: createRateLimiter(strangerLimit, clock),
      addressOf,
      onFailure: (failure) => {
        log.warn({ ...failure }, 'Signing in to an account showed an error page.');
      },
    }),
    personOf: createFindCallingPerson({ stores, clock }),
    read: createReadSelfProfile(stores),
    nonces: createFormNonces(deriveKey('account form nonces')),
    people: createRateLimiter(personLimit, clock),
    passwords: {
      service: passwords.service,
      rulesOf: rulesShown,
      resetHref: (pool, workspace) =>
        mails && isOfferedTo(pool, 'reset')
          ? `/${pool.tenantId}/identity/${encodeURIComponent(pool.id)}/${pathOf.reset}?server_id=${workspace}`
          : undefined,
    },
    passkeys: credentials.passkeys,
    addresses: mails
      ? {
          sender: credentials.codes.sender,
          queries: createAccountQueries({ sealer, now: () => clock.now() }),
          workspaces: stores.workspaces,
          addressOf,
        }
      : undefined,
  });
}
