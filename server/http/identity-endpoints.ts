/** Calls that the Identity API has twice: for administrators by their roles, and for programs by the scope `identity`. */
import type { z } from 'zod';
import { endpoint, type Declared, type Endpoint, type RoleAccess, type ScopeAccess } from './endpoint.ts';

/** A program that looks after people: the published System side of the Identity API. */
export const identityScope: ScopeAccess = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['identity'] };

/** @param path below the API's base, e.g. `/pools/:ipID` */
export const adminPath = (path: string): string => `/api/identity/:tid/admin${path}`;
export const systemPath = (path: string): string => `/api/identity/:tid/system${path}`;

interface Both<Query extends z.ZodObject, Body extends z.ZodType, Headers extends z.ZodObject> extends Omit<
  Declared<Query, Body, Headers>,
  'operationId' | 'access'
> {
  /** What administrators call it, and what programs do. */
  readonly operationIds: readonly [string, string];
  readonly admin: RoleAccess;
}

/** @returns the administrators' call and the programs', which differ in who may call and in nothing else */
export function adminAndSystem<Query extends z.ZodObject, Body extends z.ZodType, Headers extends z.ZodObject>({
  operationIds: [adminId, systemId],
  admin,
  path,
  ...declared
}: Both<Query, Body, Headers>): readonly Endpoint[] {
  return [
    endpoint({ ...declared, path: adminPath(path), operationId: adminId, access: admin }),
    endpoint({ ...declared, path: systemPath(path), operationId: systemId, access: identityScope }),
  ];
}
