/** What scripts of a workspace know and nobody reads again: keys of other services, by name. */
import { unprocessable } from '../kernel/errors.ts';
import type { SecretId, TenantId, WorkspaceId } from '../kernel/ids.ts';

/** A secret as it is told of: without its value. */
export interface Secret {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: SecretId;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface SecretStore {
  find(tenant: TenantId, workspace: WorkspaceId, id: SecretId): Promise<Secret | undefined>;
  /** All of a workspace, by id: a hundred at most. */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly Secret[]>;
  /** Their values in clear, for who runs a script or writes an export. @param ids all of the workspace where it is left out */
  open(tenant: TenantId, workspace: WorkspaceId, ids?: readonly SecretId[]): Promise<ReadonlyMap<SecretId, string>>;
  /** @throws PlatformError `conflict`, `not_found` without such a workspace */
  insert(secret: Secret, value: string): Promise<void>;
  /** @throws PlatformError `not_found` */
  update(secret: Secret, value: string): Promise<void>;
  remove(tenant: TenantId, workspace: WorkspaceId, id: SecretId): Promise<void>;
}

export const mostSecrets = 100;

/** UTF-16 code units: room for the longest private key in PEM. */
export const longestValue = 16_384;

/** What a script can write as `secrets.NAME` or `${NAME}` in a header. */
const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Names that an object has by itself: a script that asks for one would be answered with something else. */
const taken: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** @param pointer where it was given. @throws PlatformError `unprocessable_entity` */
export function checkSecretName(id: string, pointer = '/id'): void {
  if (!namePattern.test(id) || taken.has(id))
    throw unprocessable(pointer, 'The id must be a letter or _ and up to 63 of A-Z, a-z, 0-9, _ . and -.');
}
