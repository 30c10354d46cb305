/** The composition root's third part: the management APIs, built on the platform that compose.ts opens. */
import { Router } from 'express';
import manifest from '../package.json' with { type: 'json' };
import { createPermissionsService } from './access/permissions.service.ts';
import { createRoleService } from './access/role.service.ts';
import { composeConfiguration } from './compose-configuration.ts';
import { createClientOrigins } from './clients/client-origins.ts';
import { createClientService } from './clients/client.service.ts';
import type { Platform } from './compose.ts';
import type { Credentials } from './compose-credentials.ts';
import { scriptJudges } from './compose-scripts.ts';
import { createCustomAppService } from './extensions/custom-app.service.ts';
import { createExecutionPointService } from './extensions/execution-point.service.ts';
import { createRehearsals } from './extensions/script-rehearsal.ts';
import { createScriptReplayService } from './extensions/script-replay.service.ts';
import { createScriptService } from './extensions/script.service.ts';
import { createScriptShadowService } from './extensions/script-shadow.service.ts';
import { createPassingHost } from './extensions/script-host.ts';
import { createScriptTestService } from './extensions/script-test.service.ts';
import { createServerConsentService } from './extensions/server-consent.service.ts';
import { createSecretService } from './extensions/secret.service.ts';
import { createPluginEndpoints } from './extension-points/plugin-endpoints.ts';
import { createTurns } from './extensions/turns.ts';
import { createGroupService } from './groups/group.service.ts';
import { clientAddress } from './http/client-address.ts';
import type { CallersDeps } from './http/callers.ts';
import { mountEndpoints } from './http/endpoints.ts';
import { createRateLimiter } from './http/rate-limit.ts';
import type { HandoffCalls } from './interactions/handoff-call.service.ts';
import { createIdpService } from './idps/idp.service.ts';
import { systemClock as clock } from './kernel/clock.ts';
import type { TenantId, WorkspaceId } from './kernel/ids.ts';
import { openApiDocument } from './http/openapi.ts';
import { audienceOf } from './oauth2/grant.ts';
import { createRevocationService } from './oauth2/revocation.service.ts';
import { managementEndpoints } from './management.ts';
import { apiDocsRoutes } from './ops/api-docs.routes.ts';
import { createPoolService } from './pools/pool.service.ts';
import { createSchemaCheck } from './schemas/schema-check.ts';
import { createSchemaService } from './schemas/schema.service.ts';
import { createFindCallingPerson } from './self-service/calling-person.service.ts';
import { createSelfProfileService } from './self-service/self-profile.service.ts';
import type { Renderer } from './themes/renderer.ts';
import { createTenantService } from './tenants/tenant.service.ts';
import { createUserContactService } from './users/user-contact.service.ts';
import { createUserService } from './users/user.service.ts';
import { createClaimService } from './workspaces/claim.service.ts';
import { createScopeService } from './workspaces/scope.service.ts';
import { createServiceService } from './workspaces/service.service.ts';
import { createSigningKeyService } from './workspaces/signing-key.service.ts';
import { createWorkspaceService } from './workspaces/workspace.service.ts';

/** For each client that manages; for each person; and for each address that shows no token, or none that is good. */
const callerLimit = { burst: 1000, perMinute: 30_000 };
const personLimit = { burst: 60, perMinute: 60 };
/** For each tenant: a script that is tried out takes a process for as long as it may run. */
const scriptTestLimit = { burst: 20, perMinute: 60 };
/** The same: what they run, they run in processes that no login waits for. */
const replayLimit = { burst: 200, perMinute: 600 };
const shadowLimit = { burst: 10, perMinute: 10 };
const strangerLimit = { burst: 60, perMinute: 120 };

export interface ManagementParts {
  readonly verify: CallersDeps['verify'];
  readonly credentials: Credentials;
  readonly handoffCalls: HandoffCalls;
  /** Told which workspace is another one from now on. */
  readonly changed: (tenant: TenantId, workspace: WorkspaceId) => void;
  readonly renderer: Renderer;
  /** Where a tenant is, without an address of its own. */
  readonly urlOf: (tenant: TenantId) => string;
}

export function composeManagement(
  platform: Platform,
  { verify, credentials, handoffCalls, changed, urlOf, renderer }: ManagementParts,
): Router {
  const { config, stores, unitOfWork, extensions, hasher, passwords } = platform;
  const { tenants, clients, workspaces, pools } = stores;
  const groupService = createGroupService({ unitOfWork, clock });
  const users = createUserService({
    unitOfWork,
    hasher,
    policy: passwords.policy,
    schemaCheck: createSchemaCheck(),
    clock,
  });
  const roleService = createRoleService({ unitOfWork, clock });
  const rehearsals = createRehearsals({
    run: platform.rehearsalRuntime.run,
    secrets: stores.secrets,
    answers: stores.scriptAnswers,
  });
  const endpoints = managementEndpoints({
    configuration: composeConfiguration(platform, changed),
    events: { events: stores.events, workspaces },
    tenants: { tenants, service: createTenantService({ unitOfWork, clock }), urlOf, clock },
    clients: { clients, workspaces, service: createClientService({ unitOfWork, clock }), clock },
    roles: { roles: stores.roles, workspaces, service: roleService },
    poolRoles: { roles: stores.roles, pools, users: stores.users, service: roleService },
    schemas: { schemas: stores.schemas, workspaces, service: createSchemaService({ unitOfWork, clock }) },
    users: { stores, service: users },
    codes: credentials.codes,
    revocations: { pools, service: createRevocationService({ unitOfWork, stores, clock }) },
    groups: { pools, groups: stores.groups, service: groupService },
    memberships: { stores, service: groupService },
    userContacts: { pools, service: createUserContactService({ unitOfWork, clock }) },
    passkeys: { pools, service: credentials.passkeys },
    passkeyEnrolment: { ...credentials.codes, passkeys: credentials.passkeys },
    passwords: { pools, service: passwords.service, verifier: passwords.verifier },
    selfProfiles: {
      profiles: createSelfProfileService({ stores, users }),
      passwords: passwords.service,
      passkeys: credentials.passkeys,
      accounts: credentials.codes.accounts,
    },
    publicResets: { stores, accounts: credentials.codes.accounts },
    pools: {
      pools,
      workspaces,
      service: createPoolService({ unitOfWork, clock }),
      mechanisms: platform.kinds.map(({ mechanism }) => mechanism),
    },
    idps: {
      idps: stores.idps,
      pools,
      clients,
      workspaces,
      service: createIdpService({ unitOfWork, hasher: platform.hasher, clock }),
      clock,
    },
    serverConsents: {
      serverConsents: stores.serverConsents,
      clients,
      workspaces,
      service: createServerConsentService({ unitOfWork, clock }),
      clock,
    },
    customApps: {
      customApps: stores.customApps,
      clients,
      workspaces,
      service: createCustomAppService({ unitOfWork, clock }),
      clock,
    },
    handoffs: { calls: handoffCalls, clock },
    scripts: {
      scripts: stores.scripts,
      workspaces,
      service: createScriptService({ unitOfWork, compiler: platform.scriptCompiler, clock }),
    },
    scriptRuns: {
      scripts: stores.scripts,
      scriptRuns: stores.scriptRuns,
      workspaces,
      unitOfWork,
      replays: createScriptReplayService({
        ...{ scripts: stores.scripts, scriptRuns: stores.scriptRuns, rehearsals, judges: scriptJudges },
        turns: createTurns({
          atOnce: 4,
          take: createRateLimiter(replayLimit, clock).take,
          message: 'Too many runs are being replayed. Wait before you go on.',
        }),
      }),
    },
    scriptShadows: {
      workspaces,
      shadows: createScriptShadowService({
        ...{
          scripts: stores.scripts,
          scriptRuns: stores.scriptRuns,
          rehearsals,
          judges: scriptJudges,
          unitOfWork,
          clock,
        },
        turns: createTurns({
          atOnce: 1,
          take: createRateLimiter(shadowLimit, clock).take,
          message: 'A version is being held against logins already. Wait until that is done.',
        }),
      }),
    },
    scriptTests: {
      workspaces,
      service: createScriptTestService({
        compiler: platform.scriptCompiler,
        run: platform.scriptsRuntime.run,
        secrets: stores.secrets,
        unitOfWork,
        passingHost: () => createPassingHost({ fetch: platform.scriptFetch, clock }),
        take: createRateLimiter(scriptTestLimit, clock).take,
      }),
    },
    approvals: { approvals: stores.approvals, workspaces: stores.workspaces },
    scriptDebugs: { scriptDebugs: stores.scriptDebugs, workspaces: stores.workspaces, unitOfWork, clock },
    executionPoints: {
      executionPoints: stores.executionPoints,
      workspaces,
      service: createExecutionPointService({ unitOfWork }),
    },
    secrets: { secrets: stores.secrets, workspaces, service: createSecretService({ unitOfWork, clock }) },
    signingKeys: {
      signingKeys: stores.signingKeys,
      workspaces,
      service: createSigningKeyService({ unitOfWork, clock }),
      changed,
    },
    workspaces: {
      workspaces,
      executionPoints: stores.executionPoints,
      service: createWorkspaceService({ unitOfWork, clock, extensions }),
      changed,
    },
    scopes: {
      scopes: stores.scopes,
      services: stores.services,
      workspaces,
      service: createScopeService({ unitOfWork }),
      changed,
    },
    claims: { claims: stores.claims, workspaces, service: createClaimService({ unitOfWork }), changed },
    services: {
      services: stores.services,
      scopes: stores.scopes,
      workspaces,
      service: createServiceService({ unitOfWork, clock }),
      audienceOf: (workspace) => audienceOf(platform.issuerOf(workspace)),
      changed,
    },
    plugins: createPluginEndpoints({ registry: extensions, hostOf: platform.hostOf, workspaces }),
  });
  const document = () =>
    openApiDocument(endpoints, { title: 'Gatehouse', version: manifest.version, serverUrl: config.publicUrl });
  return Router()
    .use(apiDocsRoutes({ document, renderer }))
    .use(
      mountEndpoints(endpoints, {
        verify,
        permissionsOf: createPermissionsService(stores).permissionsOf,
        personOf: createFindCallingPerson({ stores, clock }),
        callers: createRateLimiter(callerLimit, clock),
        people: createRateLimiter(personLimit, clock),
        strangers: createRateLimiter(strangerLimit, clock),
        addressOf: (req) => clientAddress(req).throttleKey,
        origins: createClientOrigins(stores),
      }),
    );
}
