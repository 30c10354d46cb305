/** The composition root's part that is approvals: the pages of who decides, and the mails that lead there. */
import type { Router } from 'express';
import { createApprovalLetters, type ApprovalLetters } from './approvals/approval-letter.ts';
import { createApprovalService } from './approvals/approval.service.ts';
import { createApproverPages } from './approvals/approver-page.routes.ts';
import type { Platform } from './compose.ts';
import { clientAddress } from './http/client-address.ts';
import { createRateLimiter } from './http/rate-limit.ts';
import { createFormNonces } from './interactions/form-nonce.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { createFindCallingPerson } from './self-service/calling-person.service.ts';
import { createOwnPlaces, type OwnPlacesDeps } from './self-service/own-place.routes.ts';
import { createReadSelfProfile } from './self-service/self-profile.service.ts';
import { composeRenderer } from './compose-renderer.ts';

/** For each network address that is sent to sign in; and for each person who decides something. */
const strangerLimit = { burst: 60, perMinute: 60 };
const personLimit = { burst: 60, perMinute: 60 };

export type ApprovalPageParts = Pick<
  OwnPlacesDeps,
  'tenants' | 'clients' | 'signIn' | 'issuerOf' | 'renderer' | 'referenceOf'
>;

export function composeApprovalPages(platform: Platform, parts: ApprovalPageParts): Router {
  const { stores, unitOfWork, deriveKey, log } = platform;
  return createApproverPages({
    places: createOwnPlaces({
      ...parts,
      segment: 'approvals',
      workspaces: stores.workspaces,
      idps: stores.idps,
      strangers: createRateLimiter(strangerLimit, clock),
      addressOf: (req) => clientAddress(req).throttleKey,
      onFailure: (failure) => {
        log.warn({ ...failure }, 'Signing in to approvals showed an error page.');
      },
    }),
    personOf: createFindCallingPerson({ stores, clock }),
    read: createReadSelfProfile(stores),
    nonces: createFormNonces(deriveKey('approval form nonces')),
    people: createRateLimiter(personLimit, clock),
    service: createApprovalService({ stores, unitOfWork, clock }),
    clients: stores.clients,
    clock,
  });
}

/** A worker draws nothing but these: the templates are read when the first is. */
export function approvalLetters(parts: Pick<Platform, 'extensions' | 'kinds'>): ApprovalLetters {
  let letters: ApprovalLetters | undefined;
  return (...args) => {
    letters ??= createApprovalLetters(composeRenderer(parts));
    return letters(...args);
  };
}
