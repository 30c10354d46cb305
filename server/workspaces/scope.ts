/** What a client may ask for in a workspace, and the words a person reads about it on the consent page. */
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';

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

export interface ScopeStore {
  /** All scopes of a workspace, by name. A workspace holds at most a few hundred. */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly Scope[]>;
  /** Those that the workspace has of its own, without what plugins bring. */
  listOwn(tenant: TenantId, workspace: WorkspaceId): Promise<readonly Scope[]>;
  /** Of its own. */
  find(tenant: TenantId, workspace: WorkspaceId, name: string): Promise<Scope | undefined>;
  /** @throws PlatformError `conflict` */
  insert(scope: Scope): Promise<void>;
  update(scope: Scope): Promise<void>;
  remove(tenant: TenantId, workspace: WorkspaceId, name: string): Promise<void>;
}
