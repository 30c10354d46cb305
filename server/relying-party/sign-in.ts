/** Signing in to an application of ours and out of it again: from its start to its issuer, back, and what the browser keeps. */
import type { Request, Response } from 'express';
import type { VerifiedToken } from '../http/bearer.ts';
import { isFromOwnPage } from '../http/own-page.ts';
import type { Clock } from '../kernel/clock.ts';
import { clientId, type ClientId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { RelyingApplication } from './application.ts';
import type { RelyingParty } from './relying-party.ts';
import type { SignInCookies } from './sign-in-cookies.ts';
import { SignInFailure } from './sign-in-failure.ts';
import { readSignInSession, signInSessionMs, writeSignInSession, type SignInSession } from './sign-in-session.ts';

/** An application, and the workspace that it is in. */
export interface SignInPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly app: RelyingApplication;
}

export interface OwnWish {
  /** Seconds since the person proved who they are. */
  readonly maxAge?: number;
  /** What they are called. */
  readonly loginHint?: string | undefined;
  /** Path where the application goes on. */
  readonly to?: string;
}

export interface SignIn {
  /** Sends the browser to the issuer. */
  begin(place: SignInPlace, res: Response, wish?: OwnWish): Promise<void>;
  /** Takes the issuer's answer and goes on. @throws SignInFailure for one that nobody here asked for, or that is not right */
  finish(place: SignInPlace, req: Request, res: Response): Promise<void>;
  /** @returns undefined for nobody, and for whose login was taken back since, as by a sign-out anywhere */
  find(place: SignInPlace, req: Request): Promise<SignInSession | undefined>;
  /**
   * Ends the session here first: whatever the issuer answers, this browser is signed out of the application.
   * @throws SignInFailure for a form of another site
   */
  signOut(place: SignInPlace, req: Request, res: Response): Promise<void>;
}

export interface SignInDeps {
  readonly cookies: SignInCookies;
  readonly relyingParty: Pick<RelyingParty, 'begin' | 'finish' | 'signOutLocation'>;
  readonly verify: (token: string, tenant: TenantId, workspace: WorkspaceId) => Promise<VerifiedToken | undefined>;
  /** Whether what a person granted to a client is still there. */
  readonly grantStands: (
    grant: { readonly grantId: string; readonly clientId: ClientId },
    tenant: TenantId,
    workspace: WorkspaceId,
  ) => Promise<boolean>;
  readonly clock: Clock;
}

export function createSignIn({ cookies, relyingParty, verify, grantStands, clock }: SignInDeps): SignIn {
  const kept = ({ app }: SignInPlace, req: Request) => readSignInSession(cookies.readSession(req, app), clock.now());

  return {
    async begin({ app }, res, { maxAge, loginHint, to } = {}) {
      const wish = { offline: false, consent: false, silent: false, maxAge, loginHint };
      const { location, pending } = await relyingParty.begin(app, wish);
      cookies.writePending(res, app, to === undefined ? pending : { ...pending, to });
      leave(res, location);
    },

    async finish({ app, tenantId, workspaceId }, req, res) {
      const pending = cookies.readPending(req, app);
      cookies.clearPending(res, app);
      if (pending === undefined) throw new SignInFailure('answer_not_ours');
      const query = new URL(req.originalUrl, app.issuer).search;
      const { claims, idToken, accessToken } = await relyingParty.finish(app, pending, query);
      const caller = await verify(accessToken, tenantId, workspaceId);
      if (caller?.subject !== claims.sub || caller.grantId === undefined)
        throw new SignInFailure('answer_not_believed');
      const session: SignInSession = {
        clientId: caller.clientId,
        subject: claims.sub,
        grantId: caller.grantId,
        name: nameOf(claims),
        idToken,
        until: clock.now() + signInSessionMs,
      };
      cookies.writeSession(res, app, writeSignInSession(session));
      leave(res, pending.to ?? pathOf(app));
    },

    async find(place, req) {
      const session = kept(place, req);
      if (session === undefined || session.clientId !== place.app.clientId) return undefined;
      const grant = { grantId: session.grantId, clientId: clientId(session.clientId) };
      return (await grantStands(grant, place.tenantId, place.workspaceId)) ? session : undefined;
    },

    async signOut(place, req, res) {
      const { app } = place;
      if (!isFromOwnPage(req, new URL(app.issuer).origin)) throw new SignInFailure('other_site');
      const session = kept(place, req);
      cookies.clearSession(res, app);
      leave(res, session === undefined ? pathOf(app) : await relyingParty.signOutLocation(app, session.idToken));
    },
  };
}

/** Where an application begins. */
export const pathOf = ({ startUri }: RelyingApplication): string => new URL(startUri).pathname;

/** A redirect that is never kept by a cache. */
export function leave(res: Response, location: string): void {
  res.set('Cache-Control', 'no-store').redirect(303, location);
}

function nameOf(claims: Readonly<Record<string, unknown>> & { readonly sub: string }): string {
  const said = ['name', 'email', 'preferred_username'].map((claim) => claims[claim]);
  return said.find((value): value is string => typeof value === 'string' && value !== '') ?? claims.sub;
}
