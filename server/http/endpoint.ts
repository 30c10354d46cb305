/** A management endpoint as data: mounted, documented and tested from one declaration. */
import type { z } from 'zod';
import type { PoolPermission } from '../access/pool-role.ts';
import type { Permissions, PoolPlace, TenantPermission, WorkspacePermission } from '../access/role.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { CallingPerson } from '../self-service/calling-person.ts';
import type { VerifiedToken } from './bearer.ts';

/** Who may call. Nothing else is ever asked for: what is not declared cannot be mounted. */
export type Access = ScopeAccess | RoleAccess | PersonAccess | PublicAccess;

/** The holder of a token that a workspace issued, of the tenant that the path names or of the root tenant. */
export interface ScopeAccess {
  readonly kind: 'scope';
  readonly tenant: 'path' | 'root';
  readonly workspace: 'system' | 'admin';
  /** One of them is enough. Never empty. */
  readonly scopes: readonly [string, ...(readonly string[])];
}

/** The holder of a token of the path's tenant, issued by its workspace `admin`, whose roles allow it. */
export type RoleAccess =
  | { readonly kind: 'role'; readonly in: 'tenant'; readonly permission: TenantPermission }
  | {
      readonly kind: 'role';
      readonly in: 'workspace';
      readonly permission: WorkspacePermission;
      /** Where the thing is that the call names; undefined where there is no such thing. The body is as it was sent. */
      readonly of: (call: Pick<Call, 'tenantId' | 'params' | 'body'>) => Promise<WorkspaceId | undefined>;
      /** The body names it, so that a wrong body comes before a thing that is not there. */
      readonly isInBody?: true;
    }
  | {
      readonly kind: 'role';
      readonly in: 'pool';
      readonly permission: PoolPermission;
      /** Where the pool is that the path names; undefined where there is none. */
      readonly of: (call: Pick<Call, 'tenantId' | 'params'>) => Promise<PoolPlace | undefined>;
    }
  /** Whoever has a role at all: the handler shows them no more than what they may see. */
  | { readonly kind: 'role'; readonly in: 'any' };

/** A person of a pool, for themselves alone: by a token that the path's workspace (`:aid`) issued after a login of theirs. */
export interface PersonAccess {
  readonly kind: 'person';
  /** One of them is enough. Never empty: what no scope names, nobody was asked about. */
  readonly scopes: readonly [string, ...(readonly string[])];
  /** How long ago the login may be in which they proved who they are (RFC 9470); any time where it is left out. */
  readonly maxAgeSeconds?: number;
}

/** Whoever can reach the platform, without a token: by what they show in the body. */
export interface PublicAccess {
  readonly kind: 'public';
  /** What stands in the way of strangers instead. */
  readonly because: string;
}

/** What a handler is given. */
export interface Call<Query = unknown, Body = unknown, Headers = unknown> {
  /** Of the path, decoded; never empty. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** Those that the endpoint declares. */
  readonly headers: Headers;
  /** The body as it comes in, where it is not read before. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** Absent where the call is public. */
  readonly caller?: VerifiedToken;
  /** Where the access is `person`, and nowhere else. */
  readonly person?: CallingPerson;
  /** By their roles; nothing where a scope decided. */
  readonly permissions: Permissions;
  /** That the path names; the root's where it names none. */
  readonly tenantId: TenantId;
  /**
   * Checks `if-match` against what is stored (RFC 9110 §13.1.1). Call it in the transaction that writes, with the body
   * that a GET would answer.
   * @throws PlatformError `precondition_failed`
   */
  readonly ifMatch: (stored: unknown) => void;
  /** What the answer's entity tag speaks of, where that is not the answer itself: the very thing that `ifMatch` compares. */
  readonly tag: (stored: unknown) => void;
}

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Statuses of RFC 9110 that the published API answers with when all is well. */
export type Success =
  | {
      readonly status: 200 | 201;
      readonly description: string;
      readonly body: z.ZodType;
      /** The handler answers an async iterable of its text: too much to be in memory, and without an entity tag. */
      readonly isStreamed?: true;
    }
  | { readonly status: 204; readonly description: string };

/** What a caller may be refused with; what fails on our side (500, 503) may meet every call. */
export type Refusal = Exclude<ErrorCode, 'method_not_allowed' | 'misdirected_request' | 'internal' | 'unavailable'>;

export interface Endpoint {
  readonly method: Method;
  /** From the root, with parameters as in `/api/system/:tid/clients/:wid`; the tenant's is `:tid` where it owns the call. */
  readonly path: string;
  /** As published, unique within its API. */
  readonly operationId: string;
  /** The published group, e.g. `tenants`. */
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  /** All that it may be asked with: whatever else stands in a query is refused. */
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Where no body is sent, the handler is given none. */
  readonly isBodyOptional?: true;
  /** JSON whatever the Content-Type says: clients of the published API name that of forms. */
  readonly isAnyType?: true;
  /** Null is something that is said, and not what was left out: as in patches. */
  readonly isVerbatim?: true;
  /** Bytes; 64 KiB unless said. */
  readonly bodyLimit?: number;
  /** The body is documented and bounded, and read by the handler: it may be larger than memory. */
  readonly isStreamed?: true;
  /** Request headers that decide something, by their names in lower case. */
  readonly headers?: z.ZodObject;
  /** What its handler refuses beyond what follows from the rest of the declaration. */
  readonly refuses?: readonly Refusal[];
  /**
   * It acts, and neither makes nor changes what callers name and read: nothing is there already, and an `if-match` has
   * nothing to be compared with (RFC 9110 §13.1.1).
   */
  readonly isAction?: true;
  readonly success: Success;
  /** With a success of 204: what is answered instead where the handler has something to show. */
  readonly instead?: Extract<Success, { status: 200 | 201 }>;
  /** Answers the body of `success`, or undefined for 204. */
  readonly handle: (call: Call) => Promise<unknown>;
}

export interface Declared<Query extends z.ZodObject, Body extends z.ZodType, Headers extends z.ZodObject> extends Omit<
  Endpoint,
  'query' | 'body' | 'headers' | 'handle'
> {
  readonly query?: Query;
  readonly body?: Body;
  readonly headers?: Headers;
  readonly handle: (call: Call<z.output<Query>, z.output<Body>, z.output<Headers>>) => Promise<unknown>;
}

/** Declares an endpoint whose handler knows the types of what it reads. */
export function endpoint<Query extends z.ZodObject, Body extends z.ZodType, Headers extends z.ZodObject>(
  declared: Declared<Query, Body, Headers>,
): Endpoint {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- the mount parses with these very schemas first
  return declared as unknown as Endpoint;
}
