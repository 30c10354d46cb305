/** The composition root's part that is the platform's own applications: tenant finder, console, demonstration. */
import type { Request, Router } from 'express';
import { createPermissionsService } from './access/permissions.service.ts';
import type { AppParts } from './app.ts';
import { demoClientId } from './bootstrap/demo.ts';
import type { Platform } from './compose.ts';
import type { Stores } from './compose-stores.ts';
import type { Credentials } from './compose-credentials.ts';
import { approvalsApplication } from './approvals/approver-page.routes.ts';
import { composeApprovalPages } from './compose-approvals.ts';
import { composeOwnAccounts } from './compose-own-accounts.ts';
import { consoleApplication, createConsoleRoutes } from './console/console.routes.ts';
import { createDemoFinder } from './demo/demo-application.ts';
import { createDemoRoutes } from './demo/demo.routes.ts';
import type { PublicOrigins } from './http/public-origin.ts';
import { createRateLimiter } from './http/rate-limit.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { createLoopbackFetch } from './relying-party/loopback-fetch.ts';
import { messageId, newId, tenantId, type TenantId, type WorkspaceId } from './kernel/ids.ts';
import type { Dispatch } from './messages/dispatch.ts';
import type { Message } from './messages/message.ts';
import type { NewMessage } from './messages/outgoing-message.ts';
import type { TokenVerifier } from './oauth2/token-verifier.ts';
import { createOwnClients, type OwnApplication } from './relying-party/own-client.service.ts';
import { createRelyingParty } from './relying-party/relying-party.ts';
import { createSignInCookies } from './relying-party/sign-in-cookies.ts';
import { createSignIn } from './relying-party/sign-in.ts';
import { createKnownTenants } from './console/known-tenants.ts';
import { createTenantFinder } from './console/tenant-finder.service.ts';
import { tenantFinderRoutes } from './console/tenant-finder.routes.ts';
import { accountApplication } from './self-service/own-account.ts';
import { rootTenantId } from './tenants/tenant.ts';
import type { Renderer } from './themes/renderer.ts';

export interface ApplicationParts {
  readonly dispatch: Dispatch;
  readonly renderer: Renderer;
  readonly origins: PublicOrigins;
  readonly tenants: Pick<Stores['tenants'], 'find'>;
  readonly tokens: TokenVerifier;
  readonly credentials: Credentials;
  /** Where this server will listen: its own applications ask their issuer there. */
  readonly listenUrl: string;
  readonly referenceOf: (req: Request) => string;
}

export function composeApplications(
  platform: Platform,
  parts: ApplicationParts,
): Pick<AppParts, 'tenantFinder' | 'console' | 'ownAccounts' | 'approvals' | 'demo'> {
  const { stores, unitOfWork, sealer, issuerOf, log } = platform;
  const { renderer, tenants, tokens, credentials, listenUrl, referenceOf } = parts;
  const relyingParty = createRelyingParty({ fetch: createLoopbackFetch(listenUrl), now: () => clock.now() });
  /** How people sign in to one of them. @param name what its cookies begin with */
  const signingIn = (name: string, application: OwnApplication) => ({
    clients: createOwnClients(application, {
      clients: stores.clients,
      unitOfWork,
      clock,
      words: renderer.words(application.title),
    }),
    signIn: createSignIn({ ...tokens, cookies: createSignInCookies(sealer, name), relyingParty, clock }),
    issuerOf: (tenant: TenantId, id: WorkspaceId) => issuerOf({ tenantId: tenant, id }),
  });
  return {
    tenantFinder: composeTenantFinder(platform, parts),
    console: createConsoleRoutes({
      ...signingIn('console', consoleApplication),
      tenants,
      workspaces: stores.workspaces,
      permissionsOf: createPermissionsService(stores).permissionsOf,
      renderer,
      referenceOf,
      onFailure: (failure) => {
        log.warn({ ...failure }, 'The console showed an error page.');
      },
    }),
    ownAccounts: composeOwnAccounts(platform, {
      ...signingIn('account', accountApplication),
      tenants,
      credentials,
      renderer,
      referenceOf,
    }),
    approvals: composeApprovalPages(platform, {
      ...signingIn('approvals', approvalsApplication),
      tenants,
      renderer,
      referenceOf,
    }),
    demo: createDemoRoutes({
      find: createDemoFinder({
        tenants,
        workspaces: stores.workspaces,
        clients: stores.clients,
        issuerOf: (tenantId, id) => issuerOf({ tenantId, id }),
        clientId: demoClientId,
      }),
      relyingParty,
      sealer,
      renderer,
      referenceOf,
      onFailure: (failure) => {
        log.warn({ ...failure }, 'The demonstration showed an error page.');
      },
    }),
  };
}

/** For each network address, any form. */
const attemptLimit = { burst: 20, perMinute: 20 };
/** For each address that is mailed to: two, and then one every quarter of an hour. */
const mailLimit = { burst: 2, perMinute: 1 / 15 };

/** How long a reminder is worth sending. Milliseconds. */
const reminderLifeMs = 3_600_000;

/** It is of no tenant of the reader's: the root tenant's, then. */
function reminder(mail: Message): NewMessage {
  return {
    tenantId: tenantId(rootTenantId),
    id: messageId(newId()),
    kind: 'tenant_names',
    owner: undefined,
    letters: [{ channel: 'mail', ...mail }],
    expiresAt: clock.now() + reminderLifeMs,
    isToBeSent: true,
  };
}

function composeTenantFinder(
  { config, stores, mails, deriveKey }: Platform,
  { dispatch, renderer, origins }: Pick<ApplicationParts, 'dispatch' | 'renderer' | 'origins'>,
): Router {
  const named = config.regions.find(({ publicUrl }) => publicUrl === config.publicUrl);
  const here = named ?? { name: '', publicUrl: config.publicUrl };
  const mailed = createRateLimiter(mailLimit, clock);
  return tenantFinderRoutes({
    finder: createTenantFinder({
      tenants: stores.tenants,
      region: { name: named?.name, publicUrl: here.publicUrl },
      throttle: (address) => mailed.take(address),
      post: (write) => mails && dispatch.post(async () => (await write()).map(reminder)),
      letter: (data, locale) => renderer.mail('tenant-names', data, { locale }),
    }),
    known: createKnownTenants({ key: deriveKey('tenant suggestions'), clock, https: origins.https }),
    regions: config.regions.length === 0 ? [here] : config.regions,
    here,
    origin: origins.originOf(rootTenantId),
    mails,
    attempts: createRateLimiter(attemptLimit, clock),
    renderer,
  });
}
