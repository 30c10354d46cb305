/** What the page of the management APIs shows of each call. */

/** One name of a query, a body or an answer; in depth as `settings.security`, `clients[].client_id`. */
export interface ApiMember {
  readonly name: string;
  /** As JSON Schema calls it: `string`, `integer`, `string[]`, `active | inactive`, `any`. */
  readonly type: string;
  readonly required: boolean;
  /** English, as declared. */
  readonly description?: string | undefined;
}

export interface ApiBody {
  readonly type: string;
  /** Empty where the type says it all. */
  readonly members: readonly ApiMember[];
}

export interface ApiOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly caller: {
    /**
     * What lets somebody call: a scope of their token, or a role in the tenant, in a workspace, or whichever; that it is
     * about themselves; or nothing.
     */
    readonly by: 'scope' | 'tenant' | 'workspace' | 'pool' | 'any' | 'person' | 'public';
    /** Whether the root tenant issues the token, not the tenant of the path. */
    readonly root: boolean;
    readonly workspace: string;
    /** Scopes or permissions; one of them is enough. */
    readonly names: readonly string[];
  };
  readonly parameters: readonly (ApiMember & { readonly in: string })[];
  readonly body?: ApiBody | undefined;
  readonly success: { readonly status: string; readonly description: string; readonly body?: ApiBody | undefined };
  readonly refusals: readonly string[];
}

export interface ApiGroup {
  readonly name: string;
  /** Where it stands on the page. */
  readonly href: string;
  readonly operations: readonly ApiOperation[];
}

/** Every call of the management APIs, for whoever writes a client. */
export interface ApiDocsPage {
  readonly version: string;
  readonly documentHref: string;
  readonly issuers: readonly { readonly root: boolean; readonly workspace: string; readonly tokenUrl: string }[];
  readonly groups: readonly ApiGroup[];
  readonly refusals: readonly { readonly status: string; readonly description: string }[];
  /** Of the body that every refusal has. */
  readonly refusalMembers: readonly ApiMember[];
}
