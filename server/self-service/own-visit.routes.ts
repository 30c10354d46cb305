/** Somebody at the pages of their own account: signed in at the workspace, and lately where they change something. */
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { nearMs } from '../credentials/passkey/passkey.ts';
import { formBody } from '../http/bodies.ts';
import { fromOwnPage } from '../http/own-page.ts';
import { limitTo, type RateLimiter } from '../http/rate-limit.ts';
import type { FormNonces } from '../interactions/form-nonce.ts';
import { clientId } from '../kernel/ids.ts';
import { leave } from '../relying-party/sign-in.ts';
import type { SignInSession } from '../relying-party/sign-in-session.ts';
import type { OwnFault, OwnNotice } from '../themes/own-account-pages.ts';
import type { PersonAt } from '../users/person-change.ts';
import { demandStanding, type CallingPerson, type FindCallingPerson } from './calling-person.ts';
import { signInName } from './own-account-view.ts';
import type { OwnPlace, OwnPlaces } from './own-place.routes.ts';
import type { SelfProfile } from './self-profile.body.ts';
import type { SelfProfileService } from './self-profile.service.ts';

/** Somebody who is signed in. */
export interface OwnGuest {
  readonly req: Request;
  readonly res: Response;
  readonly place: OwnPlace;
  readonly locale: string;
  readonly session: SignInSession;
  /** Undefined for somebody of no pool. */
  readonly person: CallingPerson | undefined;
}

/** Somebody who changes their account. */
export interface OwnChange extends OwnGuest {
  readonly profile: SelfProfile;
  /** They act for themselves, as long as their login is worth something. */
  readonly at: PersonAt;
  /** For the form, as it is drawn. */
  readonly nonce: string;
  /** Says on the first page that it is done. */
  readonly done: (notice: OwnNotice) => void;
}

export type OwnFields = Readonly<
  Record<'nonce' | 'name' | 'old_password' | 'password' | 'webauthn' | 'decision' | 'reason', string>
>;

/** A page that changes one thing. */
export interface OwnPage {
  /** What its form is for: one is no other. */
  readonly form: (req: Request) => string;
  readonly show: (change: OwnChange, said?: { readonly fault: OwnFault }) => Promise<void>;
  /** A form that this page made for this login. */
  readonly take: (change: OwnChange, fields: OwnFields) => Promise<void>;
}

export interface OwnVisits {
  /** A page of whoever is signed in; others sign in first, and come back to it. */
  guest(answer: (guest: OwnGuest) => Promise<void>): RequestHandler;
  show(page: OwnPage): RequestHandler;
  take(page: OwnPage): RequestHandler[];
}

export interface OwnVisitsDeps {
  readonly places: OwnPlaces;
  readonly personOf: FindCallingPerson;
  readonly read: SelfProfileService['read'];
  readonly nonces: FormNonces;
  /** How often one person may do something. */
  readonly people: RateLimiter;
}

const field = z.string().max(2048).catch('');
const fieldsSchema = z.object({
  nonce: field,
  name: field,
  old_password: field,
  password: field,
  webauthn: z.string().max(8192).catch(''),
  decision: field,
  reason: z.string().max(8192).catch(''),
});
const shortForm = formBody(16 * 1024);

/** Seconds. */
const near = nearMs / 1000;
/** Of them, what somebody has left at least who is shown a form: they are not asked again while they fill it in. */
const timeToFillIn = 120;

export function createOwnVisits({ places, personOf, read, nonces, people }: OwnVisitsDeps): OwnVisits {
  const find = async (place: OwnPlace, req: Request, res: Response): Promise<OwnGuest | undefined> => {
    const session = await places.sessionAt(place, req);
    if (session === undefined) {
      await places.signIn(place, req, res);
      return undefined;
    }
    const { tenantId, workspaceId } = place;
    const caller = { tenantId, workspaceId, ...session, clientId: clientId(session.clientId) };
    const person = await personOf(caller);
    if (person === 'ended') {
      // Not by the session that may be left at the issuer: it would lead back here.
      await places.signIn(place, req, res, { maxAge: 0 });
      return undefined;
    }
    const guest = { req, res, place, session, locale: places.localeOf(req) };
    return { ...guest, person: person === 'nobody' ? undefined : person };
  };

  const changing = async (page: OwnPage, guest: OwnGuest, maxAge: number): Promise<OwnChange | undefined> => {
    const { person, place, req, res, session } = guest;
    if (person === undefined) {
      leave(res, place.base);
      return undefined;
    }
    limitTo(people, `${place.tenantId}/${person.poolId}/${person.userId}`);
    const profile = await read(place.tenantId, person);
    if (person.ageSeconds > maxAge || person.ageSeconds < -1) {
      const wish = { maxAge: near - timeToFillIn, loginHint: signInName(profile.details) };
      await places.signIn(place, req, res, wish);
      return undefined;
    }
    const { poolId, userId: id } = person;
    return {
      ...guest,
      profile,
      at: {
        tenantId: place.tenantId,
        poolId,
        id,
        isAboveAdministrators: true,
        check({ user }) {
          demandStanding(user, person);
        },
      },
      nonce: nonces.issue(loginOf(place, session), page.form(req)),
      done(notice) {
        leave(res, `${place.base}?notice=${notice}`);
      },
    };
  };

  return {
    guest: (answer) =>
      places.at(async (place, req, res) => {
        const guest = await find(place, req, res);
        if (guest !== undefined) await answer(guest);
      }),

    show: (page) =>
      places.at(async (place, req, res) => {
        const guest = await find(place, req, res);
        const change = guest === undefined ? undefined : await changing(page, guest, near - timeToFillIn);
        if (change !== undefined) await page.show(change);
      }),

    take: (page) => [
      fromOwnPage,
      shortForm,
      places.at(async (place, req, res) => {
        const guest = await find(place, req, res);
        const change = guest === undefined ? undefined : await changing(page, guest, near);
        if (change === undefined) return;
        const fields = fieldsSchema.parse(req.body ?? {});
        const isOurs = nonces.verify(fields.nonce, loginOf(place, change.session), page.form(req));
        if (isOurs) await page.take(change, fields);
        else await page.show(change, { fault: 'form_outdated' });
      }),
    ],
  };
}

const loginOf = ({ tenantId, workspaceId }: OwnPlace, { grantId }: SignInSession): string =>
  `${tenantId}/${workspaceId}/${grantId}`;
