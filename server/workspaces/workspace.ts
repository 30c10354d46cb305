/** An authorization server of a tenant: its settings in their published spelling, and the revision they have reached. */
import { z } from 'zod';
import { netRuleSchema } from '../../scripts-runtime/index.ts';
import { parseDuration } from '../kernel/duration.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

const duration = (fallback: string) =>
  z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) >= 1000, 'must be a duration of at least one second, such as 1h0m0s')
    .default(fallback);

/** Milliseconds: 14 days. */
export const longestLoginMs = 14 * 86_400_000;

export const grantTypes = ['authorization_code', 'implicit', 'client_credentials', 'refresh_token'] as const;
/** `token` is not among them: nobody is handed an access token at the authorization endpoint (RFC 9700 §2.1.2). */
export const responseTypes = ['code', 'code id_token', 'id_token'] as const;
export const tokenEndpointAuthMethods = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
] as const;

/** Members of the published Server object that decide something; defaults are the published ones. */
export const workspaceSettingsSchema = z.object({
  access_token_strategy: z.enum(['jwt', 'opaque']).default('jwt'),
  access_token_ttl: duration('1h0m0s'),
  refresh_token_ttl: duration('720h0m0s'),
  id_token_ttl: duration('1h0m0s'),
  authorization_code_ttl: duration('10m0s'),
  /** How long a session lives without being used. */
  cookie_max_age: duration('24h0m0s'),
  grant_types: z.array(z.enum(grantTypes)).default(['authorization_code', 'client_credentials', 'refresh_token']),
  /** Narrows what follows from `grant_types`, and adds nothing to it. */
  response_types: z
    .array(
      z.enum(responseTypes, {
        error: ({ input }) =>
          `${String(input)} is not served: must be one of ${responseTypes.join(', ')} (RFC 9700 §2.1.2)`,
      }),
    )
    .min(1)
    .default([...responseTypes]),
  token_endpoint_auth_methods: z
    .array(z.enum(tokenEndpointAuthMethods))
    .min(1)
    .default([...tokenEndpointAuthMethods]),
  token_endpoint_auth_signing_alg_values: z
    .array(z.enum(['HS256', 'RS256', 'ES256', 'PS256']))
    .min(1)
    .default(['HS256', 'RS256', 'ES256', 'PS256']),
  scope_claim_formats: z
    .array(z.enum(['scp_array', 'scope_space_separated']))
    .min(1)
    .default(['scp_array']),
  key_type: z.enum(['ecdsa', 'rsa', 'ps']).default('ecdsa'),
  subject_format: z.enum(['hash', 'legacy']).default('hash'),
  /** PKCE for confidential clients too (RFC 9700 §2.1.1); public clients always need it. */
  enforce_pkce: z.boolean().default(true),
  require_pushed_authorization_requests: z.boolean().default(false),
  /** Minutes away from a login after which the first factor is asked for again. */
  factor_freshness: duration('1h0m0s'),
  /** How long a login may be left and taken up again. Its proofs are kept a day longer than this may be. */
  login_lifetime: duration('72h0m0s').refine(
    (text) => (parseDuration(text) ?? 0) <= longestLoginMs,
    'must be at most 14 days, 336h0m0s',
  ),
  /** How long an integrator's page may keep a person; the application is told that time was over (decisions 0016, 0020). */
  custom_app_timeout: duration('24h0m0s').refine(
    (text) => (parseDuration(text) ?? 0) <= longestLoginMs,
    'must be at most 14 days, 336h0m0s',
  ),
  /** Where classic scripts may send requests to; a typed script brings its own list Nowhere unless said. */
  script_allowed_hosts: z.array(netRuleSchema).max(50).default([]),
  /** Serves the demonstration application at `/{tid}/{aid}/demo`. */
  demo_enabled: z.boolean().default(false),
  plugins: z.record(z.string(), z.unknown()).default({}),
  /** Words and data of its administrators, kept as they are. */
  description: z.string().max(4096).default(''),
  metadata: z
    .record(z.string().max(255), z.json())
    .refine((value) => JSON.stringify(value).length <= 16_384, 'must have at most 16 KiB as JSON')
    .default({}),
});

export type WorkspaceSettings = Readonly<z.infer<typeof workspaceSettingsSchema>>;

export interface Workspace {
  readonly tenantId: TenantId;
  readonly id: WorkspaceId;
  readonly name: string;
  readonly type: 'admin' | 'developer' | 'system' | 'regular';
  readonly settings: WorkspaceSettings;
  /** Grows with every change of the settings, the signing keys or the scopes; a provider built from an older one is replaced. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Which of the workspaces that one after another had an id, and how often it was changed. */
export type Edition = Pick<Workspace, 'createdAt' | 'revision'>;

export const isSameEdition = (one: Edition | undefined, other: Edition | undefined): boolean =>
  one?.createdAt === other?.createdAt && one?.revision === other?.revision;

export interface WorkspaceQuery extends PageQuery {
  /** Of one of these types only. */
  readonly types?: readonly Workspace['type'][];
  /** Of these only. */
  readonly among?: readonly WorkspaceId[];
}

export interface WorkspaceStore {
  find(tenant: TenantId, id: WorkspaceId): Promise<Workspace | undefined>;
  /** As it is, and as it stays until the transaction ends that asks: what is written there fits it. */
  findHeld(tenant: TenantId, id: WorkspaceId): Promise<Workspace | undefined>;
  /** What each request asks. */
  findEdition(tenant: TenantId, id: WorkspaceId): Promise<Edition | undefined>;
  list(tenant: TenantId, query: WorkspaceQuery): Promise<Page<Workspace>>;
  /** @throws PlatformError `conflict` when the id is taken in this tenant */
  insert(workspace: Workspace): Promise<void>;
  /**
   * Writes name and settings and raises the revision by one.
   * @throws PlatformError `not_found`, or `precondition_failed` when the stored revision is another than the given one
   */
  update(workspace: Workspace): Promise<Workspace>;
  /** Raises the revision alone: something the provider is built from changed. */
  touch(tenant: TenantId, id: WorkspaceId): Promise<void>;
  remove(tenant: TenantId, id: WorkspaceId): Promise<void>;
}

/** The workspace that a body names, whatever else is in it; one that cannot be where it names none. */
export function workspaceIn(body: unknown): WorkspaceId {
  const named = z.object({ authorization_server_id: z.string() }).safeParse(body);
  return workspaceId(named.data?.authorization_server_id ?? '');
}
