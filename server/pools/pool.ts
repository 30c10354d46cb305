/** A set of people of one tenant, and how they may prove who they are. */
import { z } from 'zod';
import { parseDuration } from '../kernel/duration.ts';
import type { PoolId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

/** The published name of a way in which people of a pool prove who they are: `password`, `otp`, `webauthn`, one for each kind. */
export type Mechanism = string;

const minute = 60_000;
const day = 24 * 60 * minute;

const lifetime = (fallback: string, longestMs: number, longest: string) =>
  z
    .string()
    .max(40)
    .refine((text) => {
      const ms = parseDuration(text);
      return ms !== undefined && ms >= minute && ms <= longestMs;
    }, `must be a duration between 1m and ${longest}`)
    .default(fallback);

/** Digits of a code, and how long it is good. Attempts are counted, so that six digits are enough. */
const codeKind = (fallback: string) =>
  z.object({
    length: z.int().min(6).max(32).default(6),
    ttl: lifetime(fallback, 30 * day, '720h'),
  });

const upTo = (most: number) => z.int().min(0).max(most).default(0);

/** Members of the published Pool that decide something; what is left out has these defaults. */
export const poolSettingsSchema = z.object({
  description: z.string().max(1024).default(''),
  badge_color: z.string().max(64).default(''),
  metadata: z.record(z.string().max(255), z.json()).default({}),
  public_registration_allowed: z.boolean().default(false),
  preferred_authentication_mechanism: z.string().max(64).optional(),
  otp_settings: z
    .object({
      activation: codeKind('24h0m0s').prefault({}),
      authentication: codeKind('10m0s').prefault({}),
      challenge: codeKind('10m0s').prefault({}),
      enroll_webauthn: codeKind('1h0m0s').prefault({}),
      reset_password: codeKind('1h0m0s').prefault({}),
      verify_address: codeKind('1h0m0s').prefault({}),
    })
    .prefault({}),
  password_policy: z
    .object({
      min_length: z.int().min(1).max(128).default(8),
      capital_letters: upTo(16),
      lowercase_letters: upTo(16),
      digits: upTo(16),
      special_characters: upTo(16),
      /** How many of the passwords before this one are refused. */
      not_used_since: upTo(24),
      strength: z.enum(['any', 'weak', 'fair', 'strong', 'very_strong']).default('fair'),
    })
    .prefault({}),
  password_settings: z
    .object({
      /** How long a password is good; for ever where it is left out. */
      expires_after: z
        .string()
        .max(40)
        .refine((text) => (parseDuration(text) ?? -1) >= 0, 'must be a duration, such as 2160h')
        .optional(),
    })
    .prefault({}),
  reset_credentials_settings: z
    .object({ do_not_allow_users_to_self_reset_credentials: z.boolean().default(false) })
    .prefault({}),
  payload_schema_id: z.string().min(1).max(64).default('user_v0'),
  metadata_schema_id: z.string().min(1).max(64).default('metadata_v0'),
  business_metadata_schema_id: z.string().min(1).max(64).default('metadata_v0'),
  /** Whose scripts may write metadata of people of the pool, besides those of the workspace that it belongs to. */
  script_metadata_workspaces: z.array(z.string().min(1).max(64)).max(100).default([]),
});

export type PoolSettings = Readonly<z.infer<typeof poolSettingsSchema>>;

export interface Pool {
  readonly tenantId: TenantId;
  readonly id: PoolId;
  readonly name: string;
  /** Whose administrators manage it, too; undefined for a pool of the tenant. */
  readonly workspaceId: WorkspaceId | undefined;
  /** Cannot be deleted. */
  readonly isSystem: boolean;
  /** Identifiers differ by case only when false. Published `identifier_case_insensitive`. */
  readonly identifierCaseInsensitive: boolean;
  /** At least one; each once. */
  readonly authenticationMechanisms: readonly Mechanism[];
  readonly settings: PoolSettings;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The way that people are offered first. */
export function preferredMechanism({ authenticationMechanisms: allowed, settings }: Pool): Mechanism {
  const preferred = settings.preferred_authentication_mechanism;
  return preferred !== undefined && allowed.includes(preferred) ? preferred : (allowed[0] ?? 'password');
}

/** Whether scripts of a workspace may write metadata of its people, who sign in to other workspaces as well. */
export function letsScriptsOf(workspace: WorkspaceId, { workspaceId, settings }: Pool): boolean {
  return workspaceId === workspace || settings.script_metadata_workspaces.includes(workspace);
}

export interface PoolQuery extends PageQuery {
  readonly sort?: 'id' | 'name';
  /** Of this workspace only. */
  readonly workspaceId?: WorkspaceId;
  /** Of one of these workspaces, or one of these pools, only. */
  readonly among?: { readonly workspaces: readonly WorkspaceId[]; readonly pools: readonly PoolId[] };
}

export interface PoolStore {
  find(tenant: TenantId, id: PoolId): Promise<Pool | undefined>;
  /** As it is, and as it stays until the transaction ends that asks. */
  findHeld(tenant: TenantId, id: PoolId): Promise<Pool | undefined>;
  /** @throws PlatformError `unprocessable_entity` when pages are sorted by name and the pool of their cursor is gone */
  list(tenant: TenantId, query: PoolQuery): Promise<Page<Pool>>;
  /** Those whose people scripts of the workspace write of by name, as they are, and as they stay until the transaction ends. */
  listNaming(tenant: TenantId, workspace: WorkspaceId): Promise<readonly Pool[]>;
  /** How many people there are in each of these pools; zero where there are none. */
  countUsers(tenant: TenantId, ids: readonly PoolId[]): Promise<ReadonlyMap<PoolId, number>>;
  /** @throws PlatformError `conflict` */
  insert(pool: Pool): Promise<void>;
  /** @throws PlatformError `not_found` */
  update(pool: Pool): Promise<void>;
  /** From then on nobody finds it, nor signs in from it; its id is free once it has been removed. @param at milliseconds since the epoch */
  markRemoved(tenant: TenantId, id: PoolId, at: number): Promise<void>;
  /**
   * Removes up to `limit` people of a pool that is marked, and the pool itself with the last of them.
   * @param of the one that was marked first where it is left out
   * @returns how many; fewer than `limit` once that pool is gone, or there is none
   */
  removeSome(limit: number, of?: Pick<Pool, 'tenantId' | 'id'>): Promise<number>;
}
