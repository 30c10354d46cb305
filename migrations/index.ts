/** The core's migrations, in the order they are applied. One that has landed is never edited. */
import type { Migration } from '../server/db/migration.ts';
import * as configuration from './0001_configuration.ts';
import * as people from './0002_people.ts';
import * as logins from './0003_logins.ts';
import * as oidcArtifacts from './0004_oidc_artifacts.ts';
import * as auditAge from './0005_audit_age.ts';
import * as clientIds from './0006_client_ids.ts';
import * as roleGrants from './0007_role_grants.ts';
import * as services from './0008_services.ts';
import * as claims from './0009_claims.ts';
import * as tenantRegistration from './0010_tenant_registration.ts';
import * as pools from './0011_pools.ts';
import * as poolRoles from './0014_pool_roles.ts';
import * as moreOfPeople from './0015_people.ts';
import * as passwords from './0016_passwords.ts';
import * as codes from './0017_codes.ts';
import * as passkeys from './0018_passkeys.ts';
import * as loginAttempts from './0019_login_attempts.ts';
import * as groups from './0020_groups.ts';
import * as subjectRevocations from './0021_subject_revocations.ts';
import * as clientLists from './0022_client_lists.ts';
import * as selfServiceScopes from './0023_self_service_scopes.ts';
import * as passwordForms from './0024_password_forms.ts';
import * as customApps from './0025_custom_apps.ts';
import * as scripts from './0026_scripts.ts';
import * as auditSearch from './0027_audit_search.ts';
import * as passkeyAnswers from './0028_passkey_answers.ts';
import * as registeredAt from './0029_registered_at.ts';
import * as pagesOfIntegrators from './0030_pages_of_integrators.ts';
import * as scriptRuns from './0032_script_runs.ts';
import * as scriptDebugs from './0033_script_debugs.ts';
import * as identifierForms from './0034_identifier_forms.ts';
import * as removals from './0035_removals.ts';
import * as secretScopes from './0036_secret_scopes.ts';
import * as approvals from './0040_approvals.ts';
import * as scriptRunsByScript from './0042_script_runs_by_script.ts';
import * as userStretches from './0044_user_stretches.ts';
import * as rolesWithoutAPlace from './0046_roles_without_a_place.ts';
import * as importedEvents from './0047_imported_events.ts';
import * as scriptRunsByEnd from './0050_script_runs_by_end.ts';
import * as clientsOfRemovedPages from './0051_clients_of_removed_pages.ts';
import * as hiddenIdps from './0052_hidden_idps.ts';
import * as publicHalvesOfKeys from './0053_public_halves_of_keys.ts';
import * as idpsInAChoice from './0054_idps_in_a_choice.ts';
import * as workspacesThatPoolsName from './0055_workspaces_that_pools_name.ts';

export const coreMigrations: readonly Migration[] = [
  { name: '0001_configuration', up: configuration.up, down: configuration.down },
  { name: '0002_people', up: people.up, down: people.down },
  { name: '0003_logins', up: logins.up, down: logins.down },
  { name: '0004_oidc_artifacts', up: oidcArtifacts.up, down: oidcArtifacts.down },
  { name: '0005_audit_age', up: auditAge.up, down: auditAge.down },
  { name: '0006_client_ids', up: clientIds.up, down: clientIds.down },
  { name: '0007_role_grants', up: roleGrants.up, down: roleGrants.down },
  { name: '0008_services', up: services.up, down: services.down },
  { name: '0009_claims', up: claims.up, down: claims.down },
  { name: '0010_tenant_registration', up: tenantRegistration.up, down: tenantRegistration.down },
  { name: '0011_pools', up: pools.up, down: pools.down },
  { name: '0014_pool_roles', up: poolRoles.up, down: poolRoles.down },
  { name: '0015_people', up: moreOfPeople.up, down: moreOfPeople.down },
  { name: '0016_passwords', up: passwords.up, down: passwords.down },
  { name: '0017_codes', up: codes.up, down: codes.down },
  { name: '0018_passkeys', up: passkeys.up, down: passkeys.down },
  { name: '0019_login_attempts', up: loginAttempts.up, down: loginAttempts.down },
  { name: '0020_groups', up: groups.up, down: groups.down },
  { name: '0021_subject_revocations', up: subjectRevocations.up, down: subjectRevocations.down },
  { name: '0022_client_lists', up: clientLists.up, down: clientLists.down },
  { name: '0023_self_service_scopes', up: selfServiceScopes.up, down: selfServiceScopes.down },
  { name: '0024_password_forms', up: passwordForms.up, down: passwordForms.down },
  { name: '0025_custom_apps', up: customApps.up, down: customApps.down },
  { name: '0026_scripts', up: scripts.up, down: scripts.down },
  { name: '0027_audit_search', up: auditSearch.up, down: auditSearch.down },
  { name: '0028_passkey_answers', up: passkeyAnswers.up, down: passkeyAnswers.down },
  { name: '0029_registered_at', up: registeredAt.up, down: registeredAt.down },
  { name: '0030_pages_of_integrators', up: pagesOfIntegrators.up, down: pagesOfIntegrators.down },
  { name: '0032_script_runs', up: scriptRuns.up, down: scriptRuns.down },
  { name: '0033_script_debugs', up: scriptDebugs.up, down: scriptDebugs.down },
  { name: '0034_identifier_forms', up: identifierForms.up, down: identifierForms.down },
  { name: '0035_removals', up: removals.up, down: removals.down },
  { name: '0036_secret_scopes', up: secretScopes.up, down: secretScopes.down },
  { name: '0040_approvals', up: approvals.up, down: approvals.down },
  { name: '0042_script_runs_by_script', up: scriptRunsByScript.up, down: scriptRunsByScript.down },
  { name: '0044_user_stretches', up: userStretches.up, down: userStretches.down },
  { name: '0046_roles_without_a_place', up: rolesWithoutAPlace.up, down: rolesWithoutAPlace.down },
  { name: '0047_imported_events', up: importedEvents.up, down: importedEvents.down },
  { name: '0050_script_runs_by_end', up: scriptRunsByEnd.up, down: scriptRunsByEnd.down },
  { name: '0051_clients_of_removed_pages', up: clientsOfRemovedPages.up, down: clientsOfRemovedPages.down },
  { name: '0052_hidden_idps', up: hiddenIdps.up, down: hiddenIdps.down },
  { name: '0053_public_halves_of_keys', up: publicHalvesOfKeys.up, down: publicHalvesOfKeys.down },
  { name: '0054_idps_in_a_choice', up: idpsInAChoice.up, down: idpsInAChoice.down },
  { name: '0055_workspaces_that_pools_name', up: workspacesThatPoolsName.up, down: workspacesThatPoolsName.down },
];
