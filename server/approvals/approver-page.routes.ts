/** `/{tid}/{aid}/approvals`: what somebody who is signed in is asked to decide, and one page for each. */
import { Router } from 'express';
import { clientNameIn, type ClientStore } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { approvalId, type ApprovalId } from '../kernel/ids.ts';
import type { OwnApplication } from '../relying-party/own-client.service.ts';
import { signedOutState } from '../relying-party/relying-party.ts';
import { leave } from '../relying-party/sign-in.ts';
import { ownClientId } from '../self-service/own-account.ts';
import { personName } from '../self-service/own-account-view.ts';
import {
  createOwnVisits,
  type OwnChange,
  type OwnFields,
  type OwnGuest,
  type OwnPage,
  type OwnVisitsDeps,
} from '../self-service/own-visit.routes.ts';
import { approvalNotices, type ApprovalEnd, type ApprovalFault } from '../themes/approval-pages.ts';
import { isDecidable, longestReason, type Approval } from './approval.ts';
import type { ApprovalService, Approver, AskedApproval } from './approval.service.ts';

export interface ApproverPagesDeps extends OwnVisitsDeps {
  readonly service: ApprovalService;
  readonly clients: Pick<ClientStore, 'find'>;
  readonly clock: Clock;
}

/** It learns who somebody is, and nothing else of them: the pages read what they may decide themselves. */
export const approvalsApplication: OwnApplication = {
  idIn: ({ id }) => ownClientId('approvals', id),
  title: 'approvals.title',
  scope: 'openid',
};

const base = '/:tid/:aid/approvals';
/** Of who asks. */
const mostShownAddresses = 5;

/** Mount at the root: the addresses are whole. */
export function createApproverPages(deps: ApproverPagesDeps): Router {
  const { places, service, clients, read } = deps;
  const { draw } = places;
  const visits = createOwnVisits(deps);

  const applicationOf = async (
    { tenantId, workspaceId, clientId }: Approval,
    { locale }: Pick<OwnGuest, 'locale'>,
  ): Promise<string> => {
    const client = await clients.find(tenantId, workspaceId, clientId);
    return client === undefined ? clientId : clientNameIn(client, locale);
  };

  const overview = visits.guest(async (guest) => {
    const { place, person, req, session } = guest;
    // Whom another system knows is in no group, and is asked for nothing.
    const profile = person === undefined ? undefined : await read(place.tenantId, person);
    const asked = person === undefined ? [] : await service.listFor(approverOf(guest, person));
    const shown = [];
    for (const approval of asked) {
      const application = await applicationOf(approval, guest);
      shown.push({ ...partsOf(approval, application), href: `${place.base}/${approval.id}` });
    }
    draw(guest, 200, 'approvals', {
      tenant: place.tenant,
      approver: profile === undefined ? session.name : personName(profile.details),
      notice: approvalNotices.find((one) => one === req.query['notice']),
      asked: shown,
      signOutAction: `${place.base}/sign-out`,
    });
  });

  const signedOut = places.at((place, req, res) => {
    const { tenant, app } = place;
    const locale = places.localeOf(req);
    const application = { name: app.nameIn(locale), href: app.startUri };
    draw({ res, locale }, 200, 'signed-out', { tenant, application });
    return Promise.resolve();
  });

  const page = approvalPage(deps, applicationOf);
  const router = Router();
  router.get(base, (req, res, next) =>
    req.query['state'] === signedOutState ? signedOut(req, res, next) : overview(req, res, next),
  );
  router.get(`${base}/callback`, places.finish);
  router.post(`${base}/sign-out`, places.signOut);
  router.get(`${base}/:id`, visits.show(page));
  router.post(`${base}/:id`, ...visits.take(page));
  return router;
}

function approvalPage(
  { places, service, clock }: Pick<ApproverPagesDeps, 'places' | 'service' | 'clock'>,
  applicationOf: (approval: Approval, change: OwnChange) => Promise<string>,
): OwnPage {
  const show = async (change: OwnChange, fault?: ApprovalFault, typed = ''): Promise<void> => {
    const { place, req, nonce } = change;
    const asked = await service.readFor(approverOf(change, personOf(change)), idIn(change));
    const { approval, decisions } = asked;
    places.draw(change, fault === undefined ? 200 : 422, 'approval', {
      ...partsOf(approval, await applicationOf(approval, change)),
      tenant: place.tenant,
      action: req.path,
      nonce,
      backHref: place.base,
      fault,
      knownBy: approval.requester.addresses.slice(0, mostShownAddresses),
      why: approval.reason,
      decisions: decisions.map(({ name, approves, reason, at }) => ({ name, approves, reason, at })),
      end: endOf(asked, clock.now()),
      typed: typed.slice(0, longestReason * 2),
    });
  };

  return {
    form: ({ params }) => `approval ${String(params['id'])}`,
    show: (change, said) => show(change, said === undefined ? undefined : 'form_outdated'),
    async take(change, fields) {
      const { place, res, profile } = change;
      const said = readFields(fields);
      if (typeof said === 'string') {
        await show(change, said, fields.reason);
        return;
      }
      const approver = approverOf(change, personOf(change));
      const name = personName(profile.details).slice(0, 128);
      const kept = await service.decide(approver, idIn(change), { ...said, name });
      if (kept === 'kept') leave(res, `${place.base}?notice=${said.approves ? 'approved' : 'denied'}`);
      else await show(change, kept);
    },
  };
}

const idIn = ({ req }: Pick<OwnGuest, 'req'>): ApprovalId => approvalId(String(req.params['id']));

function personOf({ person }: Pick<OwnChange, 'person'>): NonNullable<OwnGuest['person']> {
  if (person === undefined) throw new PlatformError('not_found', 'There is nothing to decide at this address.');
  return person;
}

function approverOf({ place, session }: OwnGuest, person: NonNullable<OwnGuest['person']>): Approver {
  const { tenantId, workspaceId } = place;
  return { tenantId, workspaceId, person, subject: session.subject };
}

function partsOf({ requester, approved, quorum, expiresAt }: Approval, application: string) {
  return { person: requester.name, application, approved, quorum, until: expiresAt };
}

/** Why there is no form. */
function endOf({ approval, isWaitedFor, hasDecided }: AskedApproval, now: number): ApprovalEnd | undefined {
  if (approval.state !== 'open') return approval.state;
  if (!isDecidable(approval, now)) return 'expired';
  if (!isWaitedFor) return 'withdrawn';
  return hasDecided ? 'decided' : undefined;
}

function readFields({
  decision,
  reason: typed,
}: OwnFields): ApprovalFault | { readonly approves: boolean; readonly reason: string } {
  const reason = typed.trim();
  if (decision !== 'approve' && decision !== 'deny') return 'decision_missing';
  if (reason === '') return 'reason_missing';
  return reason.length > longestReason ? 'reason_too_long' : { approves: decision === 'approve', reason };
}
