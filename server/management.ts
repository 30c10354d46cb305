/** Every endpoint of the management APIs, in the order they are mounted and documented. */
import { poolRoleEndpoints, type PoolRoleRoutesDeps } from './access/pool-role.routes.ts';
import { roleEndpoints, type RoleRoutesDeps } from './access/role.routes.ts';
import { approvalEndpoints, type ApprovalRoutesDeps } from './approvals/approval.routes.ts';
import { adminClientEndpoints, systemClientEndpoints, type ClientRoutesDeps } from './clients/client.routes.ts';
import { accountEndpoints, type AccountRoutesDeps } from './codes/account.routes.ts';
import { codeGenerateEndpoints } from './codes/code-generate.routes.ts';
import { codeEndpoints } from './codes/code.routes.ts';
import { configurationEndpoints, type ConfigurationRoutesDeps } from './configuration/configuration.routes.ts';
import {
  passkeyEnrolmentEndpoints,
  type PasskeyEnrolmentDeps,
} from './credentials/passkey/passkey-enrolment.routes.ts';
import { passkeyEndpoints, type PasskeyRoutesDeps } from './credentials/passkey/passkey.routes.ts';
import { passwordEndpoints, type PasswordRoutesDeps } from './credentials/password/password.routes.ts';
import { customAppEndpoints, type CustomAppRoutesDeps } from './extensions/custom-app.routes.ts';
import { executionPointEndpoints, type ExecutionPointRoutesDeps } from './extensions/execution-point.routes.ts';
import { scriptDebugEndpoints, type ScriptDebugRoutesDeps } from './extensions/script-debug.routes.ts';
import { scriptRunEndpoints, type ScriptRunRoutesDeps } from './extensions/script-run.routes.ts';
import { scriptShadowEndpoints, type ScriptShadowRoutesDeps } from './extensions/script-shadow.routes.ts';
import { scriptTestEndpoints, type ScriptTestRoutesDeps } from './extensions/script-test.routes.ts';
import { scriptVersionEndpoints } from './extensions/script-version.routes.ts';
import { scriptEndpoints, type ScriptRoutesDeps } from './extensions/script.routes.ts';
import { secretEndpoints, type SecretRoutesDeps } from './extensions/secret.routes.ts';
import { serverConsentEndpoints, type ServerConsentRoutesDeps } from './extensions/server-consent.routes.ts';
import { groupEndpoints, type GroupRoutesDeps } from './groups/group.routes.ts';
import { membershipEndpoints, type MembershipRoutesDeps } from './groups/membership.routes.ts';
import { eventEndpoints, type EventRoutesDeps } from './audit/event.routes.ts';
import type { Endpoint } from './http/endpoint.ts';
import { PlatformError } from './kernel/errors.ts';
import { idpEndpoints, type IdpRoutesDeps } from './idps/idp.routes.ts';
import { revocationEndpoints, type RevocationRoutesDeps } from './oauth2/revocation.routes.ts';
import { poolEndpoints, type PoolRoutesDeps } from './pools/pool.routes.ts';
import { loginPageEndpoints, type LoginPageRoutesDeps } from './interactions/login-page.routes.ts';
import { postAuthnEndpoints } from './interactions/post-authn.routes.ts';
import { scopeGrantEndpoints } from './interactions/scope-grant.routes.ts';
import { publicResetEndpoints, type PublicResetRoutesDeps } from './self-service/public-reset.routes.ts';
import { selfProfileEndpoints, type SelfProfileRoutesDeps } from './self-service/self-profile.routes.ts';
import { schemaEndpoints, type SchemaRoutesDeps } from './schemas/schema.routes.ts';
import { tenantEndpoints, type TenantRoutesDeps } from './tenants/tenant.routes.ts';
import { userContactEndpoints, type UserContactRoutesDeps } from './users/user-contact.routes.ts';
import { userEndpoints, type UserRoutesDeps } from './users/user.routes.ts';
import { claimEndpoints, type ClaimRoutesDeps } from './workspaces/claim.routes.ts';
import { adminScopeEndpoints, systemScopeEndpoints, type ScopeRoutesDeps } from './workspaces/scope.routes.ts';
import { serviceEndpoints, type ServiceRoutesDeps } from './workspaces/service.routes.ts';
import { signingKeyEndpoints, type SigningKeyRoutesDeps } from './workspaces/signing-key.routes.ts';
import {
  adminWorkspaceEndpoints,
  systemWorkspaceEndpoints,
  type WorkspaceRoutesDeps,
} from './workspaces/workspace.routes.ts';

export interface ManagementDeps {
  readonly tenants: TenantRoutesDeps;
  readonly events: EventRoutesDeps;
  readonly configuration: ConfigurationRoutesDeps;
  readonly roles: RoleRoutesDeps;
  readonly clients: ClientRoutesDeps;
  readonly workspaces: WorkspaceRoutesDeps;
  readonly signingKeys: SigningKeyRoutesDeps;
  readonly scopes: ScopeRoutesDeps;
  readonly services: ServiceRoutesDeps;
  readonly claims: ClaimRoutesDeps;
  readonly idps: IdpRoutesDeps;
  readonly customApps: CustomAppRoutesDeps;
  readonly serverConsents: ServerConsentRoutesDeps;
  readonly scripts: ScriptRoutesDeps;
  readonly scriptRuns: ScriptRunRoutesDeps;
  readonly scriptShadows: ScriptShadowRoutesDeps;
  readonly scriptTests: ScriptTestRoutesDeps;
  readonly scriptDebugs: ScriptDebugRoutesDeps;
  readonly approvals: ApprovalRoutesDeps;
  readonly executionPoints: ExecutionPointRoutesDeps;
  readonly secrets: SecretRoutesDeps;
  readonly poolRoles: PoolRoleRoutesDeps;
  readonly schemas: SchemaRoutesDeps;
  readonly pools: PoolRoutesDeps;
  readonly users: UserRoutesDeps;
  readonly handoffs: LoginPageRoutesDeps;
  readonly revocations: RevocationRoutesDeps;
  readonly groups: GroupRoutesDeps;
  readonly memberships: MembershipRoutesDeps;
  readonly userContacts: UserContactRoutesDeps;
  readonly passkeys: PasskeyRoutesDeps;
  readonly passkeyEnrolment: PasskeyEnrolmentDeps;
  readonly passwords: PasswordRoutesDeps;
  readonly codes: AccountRoutesDeps;
  readonly selfProfiles: SelfProfileRoutesDeps;
  readonly publicResets: PublicResetRoutesDeps;
  /** What plugins add. */
  readonly plugins: readonly Endpoint[];
}

/** @throws PlatformError `internal` where a plugin's endpoint is where another one is */
export function managementEndpoints(deps: ManagementDeps): readonly Endpoint[] {
  const endpoints = [
    ...configurationEndpoints(deps.configuration),
    ...tenantEndpoints(deps.tenants),
    ...eventEndpoints(deps.events),
    ...systemClientEndpoints(deps.clients),
    ...systemWorkspaceEndpoints(deps.workspaces),
    ...systemScopeEndpoints(deps.scopes),
    ...loginPageEndpoints(deps.handoffs),
    ...postAuthnEndpoints(deps.handoffs),
    ...scopeGrantEndpoints(deps.handoffs),
    ...revocationEndpoints(deps.revocations),
    ...adminWorkspaceEndpoints(deps.workspaces),
    ...signingKeyEndpoints(deps.signingKeys),
    ...adminScopeEndpoints(deps.scopes),
    ...serviceEndpoints(deps.services),
    ...claimEndpoints(deps.claims),
    ...adminClientEndpoints(deps.clients),
    ...idpEndpoints(deps.idps),
    ...customAppEndpoints(deps.customApps),
    ...serverConsentEndpoints(deps.serverConsents),
    ...scriptDebugEndpoints(deps.scriptDebugs),
    ...approvalEndpoints(deps.approvals),
    ...executionPointEndpoints(deps.executionPoints),
    ...scriptEndpoints(deps.scripts),
    ...scriptVersionEndpoints(deps.scripts),
    ...scriptRunEndpoints(deps.scriptRuns),
    ...scriptShadowEndpoints(deps.scriptShadows),
    ...scriptTestEndpoints(deps.scriptTests),
    ...secretEndpoints(deps.secrets),
    ...roleEndpoints(deps.roles),
    ...poolRoleEndpoints(deps.poolRoles),
    ...schemaEndpoints(deps.schemas),
    ...poolEndpoints(deps.pools),
    ...userEndpoints(deps.users),
    ...groupEndpoints(deps.groups),
    ...membershipEndpoints(deps.memberships),
    ...userContactEndpoints(deps.userContacts),
    ...passkeyEndpoints(deps.passkeys),
    ...passkeyEnrolmentEndpoints(deps.passkeyEnrolment),
    ...passwordEndpoints(deps.passwords),
    ...accountEndpoints(deps.codes),
    ...codeEndpoints(deps.codes),
    ...codeGenerateEndpoints(deps.codes),
    ...selfProfileEndpoints(deps.selfProfiles),
    ...publicResetEndpoints(deps.publicResets),
    ...deps.plugins,
  ];
  const taken = new Set<string>();
  for (const { method, path } of endpoints) {
    const place = `${method} ${path.replaceAll(/:[^/]+/g, ':')}`;
    if (taken.has(place)) throw new PlatformError('internal', `There are two endpoints at ${method} ${path}.`);
    taken.add(place);
  }
  return endpoints;
}
