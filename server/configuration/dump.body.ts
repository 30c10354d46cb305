/** An exported configuration as the published APIs write it. */
import { z } from 'zod';
import type { ImportReport } from './import.service.ts';

/** Published members that core does not fill. Those that belong to an industry are beside its plugin. */
export const emptyMembers = [
  'acrs',
  'apis',
  'authorization_details',
  'brute_force_limits',
  'ciba_authentication_services',
  'claim_grants',
  'consent_actions',
  'consent_grants',
  'consents',
  'cross_tenant_api_policy_bindings',
  'feature_flags',
  'gateway_api_groups',
  'gateways',
  'mfa_methods',
  'policies',
  'policy_execution_points',
  'privacy_ledger_events',
  'recurring_jobs',
  'servers_bindings',
  'templates',
  'theme_bindings',
  'themes',
  'translations',
  'vanity_domains',
  'webhooks',
] as const;

/** Published beside them where a dump is of the whole deployment. */
export const emptyRootMembers = [...emptyMembers, 'licenses', 'rate_limits'] as const;

const objects = z.array(z.record(z.string(), z.json())).optional();
const listOf = (members: readonly string[]) => Object.fromEntries(members.map((member) => [member, objects]));

/** Objects are checked by their own rooms; here is what stands in the documentation. */
const members = {
  sealing: z.record(z.string(), z.json()).optional().describe('how secrets are sealed, where a passphrase was given'),
  servers: objects.describe('workspaces, with their signing keys'),
  scopes_without_service: objects,
  claims: objects,
  services: objects.describe('with their scopes'),
  clients: objects.describe('with their secrets'),
  custom_apps: objects,
  server_consents: objects.describe('pages of integrators on which people decide'),
  secrets: objects.describe('that scripts use'),
  scripts: objects.describe('as they run'),
  script_execution_points: objects.describe('where scripts run'),
  idps: objects,
  roles: objects,
  scope_grants: objects.describe('what people granted, with_data alone'),
  audit_events: objects.describe('what happened, with_data alone'),
};

/**
 * Published members of people's configuration that stay empty. Codes are kept as hashes under a key of this deployment, and
 * are over within minutes or a day: none could be right elsewhere, and whoever waits for one asks for another.
 */
export const emptyIdentityMembers = ['codes'] as const;

export const identityDump = z.object({
  sealing: members.sealing,
  schemas: objects,
  pools: objects,
  users: objects,
  user_identifiers: objects,
  user_verifiable_addresses: objects,
  user_credentials: objects.describe('passwords as their hashes'),
  groups: objects,
  group_members: objects,
  ...listOf(emptyIdentityMembers),
});

/** @param more members that plugins fill, or may one day */
export function dumpBodies(more: readonly string[]) {
  return {
    ofTenant: z.object({
      tenant: z.record(z.string(), z.json()).optional(),
      ...members,
      ...listOf([...emptyMembers, ...more]),
    }),
    ofDeployment: z.object({ tenants: objects, ...members, ...listOf([...emptyRootMembers, ...more]) }),
  };
}

/** What an import would do. */
export const reportBody = z.object({
  changes: z
    .array(
      z.object({
        kind: z.string().describe('the member of the dump'),
        tenant_id: z.string(),
        place: z.string().optional().describe('the workspace or the pool'),
        id: z.string(),
        action: z.enum(['create', 'update', 'conflict']),
        members: z.array(z.string()).describe('that are another than what is stored'),
      }),
    )
    .describe('the first thousand'),
  counts: z.object({ create: z.int(), update: z.int(), keep: z.int(), conflict: z.int() }),
  ignored: z
    .record(z.string(), z.int())
    .describe(
      'what decides nothing here: members of the dump, of its objects as servers/profile, and values of their lists as clients/response_types/token, and how often',
    ),
});

export function toReportBody({ changes, counts, ignored }: ImportReport): z.infer<typeof reportBody> {
  return {
    changes: changes.flatMap(({ kind, tenantId, place, name, action, members: differing }) =>
      action === 'keep'
        ? []
        : [
            {
              kind,
              tenant_id: tenantId,
              ...(place === undefined ? {} : { place }),
              id: name,
              action,
              members: [...differing],
            },
          ],
    ),
    counts,
    ignored,
  };
}
