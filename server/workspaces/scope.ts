/** What a client may ask for in a workspace, and the words a person reads about it on the consent page. */
import type { ScopeId, ServiceId, TenantId, WorkspaceId } from '../kernel/ids.ts';

export interface Scope {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** As in the `scope` parameter (RFC 6749 §3.3). */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  /** Granted without asking the person (published `implicit_grant`). */
  readonly implicitGrant: boolean;
  /** `oidc` scopes release claims about the person; `api` scopes belong to the workspace's own audience. */
  readonly kind: 'oidc' | 'api';
  /** Asked about in every login anew: what a person said of it before does not count. */
  readonly transient?: boolean;
  /** Of the service that it gives access to. */
  readonly service?: { readonly id: ServiceId; readonly name: string; readonly customAudience?: string };
}

/** A scope that a workspace has of its own. */
export interface StoredScope extends Scope {
  /** Unique in the tenant: the management APIs name it by this. */
  readonly id: ScopeId;
  /** The administrator's; the platform makes nothing of it. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A scope as it is written: of its service the id is enough. */
export interface WrittenScope extends Omit<Scope, 'service'> {
  /** A random one where it is left out. */
  readonly id?: ScopeId;
  readonly serviceId?: ServiceId | undefined;
  readonly metadata?: StoredScope['metadata'];
}

/** The scopes every workspace starts with (OIDC Core §5.4, §11). */
export const standardScopes: readonly Pick<Scope, 'name' | 'displayName' | 'description' | 'implicitGrant' | 'kind'>[] =
  [
    {
      name: 'openid',
      displayName: 'Know who you are',
      description: 'Signs you in with your account.',
      implicitGrant: true,
      kind: 'oidc',
    },
    {
      name: 'profile',
      displayName: 'Profile',
      description: 'Your name and basic profile.',
      implicitGrant: false,
      kind: 'oidc',
    },
    {
      name: 'email',
      displayName: 'E-mail address',
      description: 'Your e-mail address.',
      implicitGrant: false,
      kind: 'oidc',
    },
    {
      name: 'phone',
      displayName: 'Phone number',
      description: 'Your phone number.',
      implicitGrant: false,
      kind: 'oidc',
    },
    {
      name: 'address',
      displayName: 'Postal address',
      description: 'Your postal address.',
      implicitGrant: false,
      kind: 'oidc',
    },
    {
      name: 'offline_access',
      displayName: 'Stay connected',
      description: 'Keeps access while you are away, until you take it back.',
      implicitGrant: false,
      kind: 'oidc',
    },
  ];

const standardNames: ReadonlySet<string> = new Set(standardScopes.map(({ name }) => name));

/** One of those that OpenID Connect defines, which release claims about the person. */
export function isStandardScope(name: string): boolean {
  return standardNames.has(name);
}

/** Of a workspace: every login and every token reads them all. */
export const mostScopes = 500;

export interface ScopeStore {
  /** All scopes of a workspace, by name.  */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly Scope[]>;
  /** Those that the workspace has of its own, without what plugins bring. */
  listOwn(tenant: TenantId, workspace: WorkspaceId): Promise<readonly StoredScope[]>;
  /** Of its own. */
  find(tenant: TenantId, workspace: WorkspaceId, name: string): Promise<StoredScope | undefined>;
  findById(tenant: TenantId, id: ScopeId): Promise<StoredScope | undefined>;
  /** The same, held by the transaction until its end: nobody else changes it meanwhile. */
  findHeld(tenant: TenantId, id: ScopeId): Promise<StoredScope | undefined>;
  /** @throws PlatformError `conflict` */
  insert(scope: WrittenScope): Promise<void>;
  /** All but its name and, where it is left out, its id. @throws PlatformError `not_found`, `conflict` */
  update(scope: WrittenScope): Promise<void>;
  remove(tenant: TenantId, workspace: WorkspaceId, name: string): Promise<void>;
}
