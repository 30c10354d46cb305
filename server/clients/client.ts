/** An application registered in a workspace, in the words of RFC 7591 and OIDC Registration. */
import { randomBytes } from 'node:crypto';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

/** RFC 7591 §2 metadata the platform acts on; other members are kept as they came. */
export interface ClientMetadata {
  readonly client_name?: string;
  readonly client_uri?: string;
  readonly logo_uri?: string;
  readonly policy_uri?: string;
  readonly tos_uri?: string;
  readonly redirect_uris?: readonly string[];
  readonly post_logout_redirect_uris?: readonly string[];
  readonly initiate_login_uri?: string;
  readonly response_types?: readonly string[];
  readonly grant_types?: readonly string[];
  readonly token_endpoint_auth_method?: string;
  readonly token_endpoint_auth_signing_alg?: string;
  readonly scope?: string;
  readonly subject_type?: 'public' | 'pairwise';
  readonly jwks?: unknown;
  readonly jwks_uri?: string;
  readonly [member: string]: unknown;
}

export interface Client {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: ClientId;
  /** Inactive clients are refused at token, PAR and authorize; what they hold introspects as inactive. */
  readonly status: 'active' | 'inactive';
  /** Skips the consent page: first-party applications (published `trusted`). */
  readonly trusted: boolean;
  readonly metadata: ClientMetadata;
  /** 256 random bits, base64url; undefined for clients that authenticate otherwise. Sealed at rest. */
  readonly secret: string | undefined;
  /** Secrets replaced lately that are still accepted, each until a time (ms since the epoch). Sealed at rest. */
  readonly rotatedSecrets: readonly { readonly secret: string; readonly until: number }[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Names one client of the deployment. */
export type ClientPlace = Pick<Client, 'tenantId' | 'workspaceId' | 'id'>;

export interface ClientQuery extends PageQuery {
  /** By id where it is left out. */
  readonly sort?: 'name' | 'issued_at';
}

export interface ClientStore {
  /** In a transaction as it is; outside of one as it was at most a second ago, when another process changed it. */
  find(tenant: TenantId, workspace: WorkspaceId, id: ClientId): Promise<Client | undefined>;
  /** As it is: asked before a client is refused for what may have changed. */
  findAnew(tenant: TenantId, workspace: WorkspaceId, id: ClientId): Promise<Client | undefined>;
  /** Wherever in the tenant it is: an id is unique there. */
  findInTenant(tenant: TenantId, id: ClientId): Promise<Client | undefined>;
  /** @throws PlatformError `unprocessable_entity` where the page begins at a client that is not there any more */
  list(tenant: TenantId, workspace: WorkspaceId, query: ClientQuery): Promise<Page<Client>>;
  /** The same by id, and no more of each than what it is registered with: no secret is opened. */
  listRegistered(
    tenant: TenantId,
    workspace: WorkspaceId,
    query: PageQuery,
  ): Promise<Page<Pick<Client, 'id' | 'metadata'>>>;
  /** Whether an active one has a redirect URI at this origin of the web, as `URL` spells it. */
  hasRedirectAt(tenant: TenantId, workspace: WorkspaceId, origin: string): Promise<boolean>;
  /** @throws PlatformError `conflict` */
  insert(client: Client): Promise<void>;
  /** @throws PlatformError `not_found` */
  update(client: Client): Promise<void>;
  remove(tenant: TenantId, workspace: WorkspaceId, id: ClientId): Promise<void>;
}

/** RFC 7591 §2.2: a name for people who read another language, its BCP 47 tag after the `#`. */
const taggedName = /^client_name#(?<tag>[a-z]{2,8}(?:-[a-z0-9]{1,8})*)$/i;

/** Whether a member of metadata is a name in some language. */
export const isTaggedName = (member: string): boolean => taggedName.test(member);

/**
 * What people who read the language are told the client is called: the name tagged with it, or with a variety of it (RFC 4647
 * §3.3.1), before the one without a tag; its id where it has no name.
 * @param locale as `pickLocale` answers it
 */
export function clientNameIn({ id, metadata }: Pick<Client, 'id' | 'metadata'>, locale: string): string {
  const tagged = Object.entries(metadata).flatMap(([member, name]) => {
    const tag = taggedName.exec(member)?.groups?.['tag']?.toLowerCase();
    return tag === undefined || typeof name !== 'string' ? [] : [{ tag, name }];
  });
  const found = tagged.find(({ tag }) => tag === locale) ?? tagged.find(({ tag }) => tag.startsWith(`${locale}-`));
  return found?.name ?? metadata.client_name ?? id;
}

/** 256 random bits: nothing to guess, and enough for an HS256 key (RFC 7518 §3.2). */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
