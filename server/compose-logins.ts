/** The composition root's part that is a login: its pages, and what their forms do. */
import { Router, type Request } from 'express';
import type { Platform } from './compose.ts';
import type { Credentials } from './compose-credentials.ts';
import { clientAddress } from './http/client-address.ts';
import { createDeviceJar } from './http/device-jar.ts';
import type { PublicOrigins } from './http/public-origin.ts';
import { createAskingPages } from './interactions/asking-page.ts';
import { createDeviceCookies } from './interactions/device-cookie.ts';
import { createFactorLoginService } from './interactions/factor-login.service.ts';
import { createCredentialReplacement } from './interactions/credential-replacement.ts';
import { createFirstFactorPages } from './interactions/first-factor-page.ts';
import { createFormNonces } from './interactions/form-nonce.ts';
import { createHandoffService } from './interactions/handoff.service.ts';
import type { InteractionService } from './interactions/interaction.service.ts';
import type { IdpSelection } from './interactions/idp-selection.service.ts';
import { createLoginAttempts } from './interactions/login-attempt.ts';
import { askedBy, type Visit } from './interactions/login-visit.routes.ts';
import type { LoginStates } from './interactions/login-state.ts';
import { createLoginMoves, type LoginMoves, type LoginMovesDeps } from './interactions/login-moves.routes.ts';
import { createLoginCanvas } from './interactions/login-canvas.routes.ts';
import { createLoginScreens, type LoginScreens } from './interactions/login-screens.routes.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { accountWays, noAccountWays } from './self-service/account-links.ts';
import { createAccountQueries } from './self-service/account-query.ts';
import { createAccountRoutes } from './self-service/account.routes.ts';
import { createAccountPasskeyRoutes } from './self-service/passkey.routes.ts';
import { createAccountPagesService } from './self-service/account.service.ts';
import type { TenantStore } from './tenants/tenant.ts';
import type { Renderer } from './themes/renderer.ts';

export interface LoginParts {
  readonly interactions: InteractionService;
  readonly states: LoginStates;
  readonly credentials: Credentials;
  readonly selection: IdpSelection;
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly renderer: Renderer;
  readonly origins: PublicOrigins;
  readonly metrics: LoginMovesDeps['metrics'];
  readonly referenceOf: (req: Request) => string;
}

export function composeLogins(
  platform: Platform,
  { interactions, states, credentials, selection, tenants, renderer, origins, metrics, referenceOf }: LoginParts,
): { readonly screens: LoginScreens; readonly moves: LoginMoves; readonly accounts: Router } {
  const { stores, extensions, sealer, deriveKey } = platform;
  const { kinds, passkeyOffer, passkeyPages } = credentials;
  const shared = {
    ...stores,
    idpsFor: (visit: Visit, req: Request) => selection.allowed({ ...visit, from: askedBy(req) }),
    kinds,
    passkeyOffer,
    extensions,
    clock,
    nonces: createFormNonces(deriveKey('form nonces')),
    attempts: createLoginAttempts({ sealer, interactions: stores.interactions }),
    askingPage: createAskingPages({ locales: renderer.locales, originOf: (tenant) => origins.originOf(tenant) }),
  };
  const queries = createAccountQueries({ sealer, now: () => clock.now() });
  const screens = createLoginScreens({
    ...shared,
    canvas: createLoginCanvas({ ...shared, renderer, referenceOf }),
    firstFactor: createFirstFactorPages({
      ...shared,
      accounts: platform.mails ? accountWays(queries) : noAccountWays,
      now: () => clock.now(),
    }),
  });
  const devices = createDeviceCookies(deriveKey('device cookies'));
  const moves = createLoginMoves({
    ...shared,
    interactions,
    rows: stores.interactions,
    screens,
    handoffs: createHandoffService({ handoffs: stores.handoffs, states, clock }),
    metrics,
    factors: createFactorLoginService({
      ...shared,
      hasher: platform.hasher,
      devices,
    }),
    replaceCredential: createCredentialReplacement({ kinds, unitOfWork: platform.unitOfWork }),
    https: origins.https,
    addressOf: (req) => clientAddress(req).throttleKey,
  });
  const accounts = createAccountRoutes({
    tenants,
    pools: stores.pools,
    schemas: stores.schemas,
    idps: stores.idps,
    service: createAccountPagesService({
      ...credentials.codes,
      stores,
      devices,
    }),
    queries,
    kinds,
    renderer,
    addressOf: (req) => clientAddress(req).throttleKey,
    jar: createDeviceJar({ https: origins.https }),
  });
  const passkeyRoutes = createAccountPasskeyRoutes({ pools: stores.pools, queries, passkeyPages });
  return { screens, moves, accounts: Router().use(passkeyRoutes, accounts) };
}
