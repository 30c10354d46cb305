/** What a workspace consists of when it begins, and how it is put into the stores of one unit of work. */
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { chosenIdPattern, workspaceId } from '../kernel/ids.ts';
import type { TenantId } from '../kernel/ids.ts';
import { isReservedWorkspace } from '../tenants/tenant.ts';
import { standardScopes } from './scope.ts';
import type { ScopeStore } from './scope.ts';
import { algOf, generateSigningKey } from './signing-key.service.ts';
import type { SigningKey, SigningKeyStore } from './signing-key.ts';
import { selfServiceScopes } from './self-service-scopes.ts';
import { systemScopes } from './system-scopes.ts';
import { workspaceSettingsSchema } from './workspace.ts';
import type { Workspace, WorkspaceSettings, WorkspaceStore } from './workspace.ts';

export interface NewWorkspace {
  readonly tenantId: TenantId;
  /** 1 to 64 of `a-z0-9_-`. */
  readonly id: string;
  readonly name: string;
  readonly type: Workspace['type'];
  /** What differs from the defaults. */
  readonly settings?: Partial<WorkspaceSettings>;
}

export interface NewWorkspaceStores {
  readonly workspaces: Pick<WorkspaceStore, 'insert'>;
  readonly scopes: Pick<ScopeStore, 'insert'>;
  readonly signingKeys: Pick<SigningKeyStore, 'insert'>;
  readonly outbox: Outbox;
}

export interface PreparedWorkspace {
  readonly workspace: Workspace;
  readonly key: SigningKey;
}

/** @throws PlatformError `unprocessable_entity` naming the member */
export function parseSettings(settings: unknown): WorkspaceSettings {
  const parsed = workspaceSettingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues.map((issue) => ({
    pointer: `/settings/${issue.path.map(String).join('/')}`,
    message: issue.message,
  }));
  throw new PlatformError('unprocessable_entity', 'The settings of the workspace are not valid.', { details });
}

/** @throws PlatformError `unprocessable_entity` for an id that no workspace of this type can have */
export function checkId(id: string, type: Workspace['type']): void {
  const refuse = (message: string): never => {
    throw unprocessable('/id', message);
  };
  if (!chosenIdPattern.test(id))
    refuse('The id must be 1 to 64 of a-z, 0-9, - and _, and begin with a letter or digit.');
  if (type === 'regular' && isReservedWorkspace(id)) refuse(`The id ${id} is reserved.`);
  if ((type === 'admin' || type === 'system') && id !== type) refuse(`A workspace of type ${type} has the id ${type}.`);
}

/**
 * Checks it and makes its first signing key. Slow (an RSA key takes a moment), hence outside of any transaction.
 * @throws PlatformError `unprocessable_entity` for an id or settings that cannot be
 */
export async function prepareWorkspace(input: NewWorkspace, clock: Clock): Promise<PreparedWorkspace> {
  checkId(input.id, input.type);
  const settings = parseSettings(input.settings ?? {});
  const now = clock.now();
  const workspace: Workspace = {
    tenantId: input.tenantId,
    id: workspaceId(input.id),
    name: input.name,
    type: input.type,
    settings,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  return { workspace, key: await generateSigningKey(algOf(settings), clock) };
}

/** The scopes that a workspace begins with. */
export function firstScopesOf(type: Workspace['type']): typeof standardScopes {
  // Nobody signs in to a workspace `system`.
  const ofPeople = type === 'system' ? standardScopes : [...standardScopes, ...selfServiceScopes];
  return type === 'system' || type === 'admin' ? [...ofPeople, ...systemScopes] : ofPeople;
}

/** @throws PlatformError `conflict` when the id is taken, `not_found` when the tenant is not there */
export async function insertWorkspace(stores: NewWorkspaceStores, prepared: PreparedWorkspace): Promise<void> {
  const { workspace, key } = prepared;
  const { tenantId, id, name, type } = workspace;
  await stores.workspaces.insert(workspace);
  for (const scope of firstScopesOf(type)) await stores.scopes.insert({ ...scope, tenantId, workspaceId: id });
  await stores.signingKeys.insert(tenantId, id, key);
  await stores.outbox.append({
    tenantId,
    workspaceId: id,
    subject: 'server',
    action: 'created',
    metadata: {},
    payload: { server_created: { id, name, type } },
  });
}
