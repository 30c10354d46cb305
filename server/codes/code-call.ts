/** What calls about codes share: who is meant, whom the message is from, and where its link may lead on to. */
import { z } from 'zod';
import type { ClientStore } from '../clients/client.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { allOf } from '../kernel/all-pages.ts';
import type { Pool } from '../pools/pool.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import type { User } from '../users/user.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import type { Naming } from './code-person.ts';
import { readExtendedCode } from './code.ts';

/** A text that is empty says nothing. */
const said = (most: number) =>
  z
    .string()
    .max(most)
    .optional()
    .transform((text) => (text === '' ? undefined : text));

export const named = { identifier: said(320), userID: said(64) };
export const addressed = { address: said(320) };
export const oneAddress = z.object({ address: z.string().min(1).max(320) });
export const codeText = z.string().min(1).max(200);
export const serverId = { server_id: said(64) };
export const codeOrLink = { code_type_in_message: z.enum(['link', 'code']).default('link') };

interface Names {
  readonly identifier?: string | undefined;
  readonly userID?: string | undefined;
  readonly id?: string | undefined;
  readonly address?: string | undefined;
}

/** @returns undefined where nobody is named */
export function namingIn({ identifier, userID, id, address }: Names): Naming | undefined {
  const user = id ?? userID;
  if (user !== undefined) return { by: 'id', text: user };
  if (identifier !== undefined) return { by: 'identifier', text: identifier };
  return address === undefined ? undefined : { by: 'address', text: address };
}

/** Who is meant, and the digits; where nobody is named, both are read from an extended code. */
export function guessIn(body: Names & { readonly code: string }): { readonly naming: Naming; readonly code: string } {
  const code = body.code.replaceAll(/[\s-]/g, '');
  const naming = namingIn(body);
  if (naming !== undefined) return { naming, code };
  const extended = readExtendedCode(body.code.trim());
  // What can't be read is looked up as well, as nobody's.
  return { naming: { by: 'id', text: extended?.userId ?? ' ' }, code: extended?.code ?? code };
}

export interface CodeCallStores {
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly clients: Pick<ClientStore, 'list'>;
}

/** Whom a message is from. @throws PlatformError `unprocessable_entity` for a workspace that is not there */
export async function senderName(
  { tenants, workspaces }: CodeCallStores,
  tenant: TenantId,
  server: string | undefined,
): Promise<string> {
  if (server === undefined) return (await tenants.find(tenant))?.name ?? tenant;
  const workspace = await workspaces.find(tenant, workspaceId(server));
  if (workspace === undefined) throw unprocessable('/server_id', 'There is no such workspace.');
  return workspace.name;
}

/** As they said of themselves (OIDC Core §5.1); nobody said anything. */
export function localeOf(user: User | undefined, pick: (tags: string | undefined) => string): string {
  const locale = user?.payload['locale'];
  return pick(typeof locale === 'string' ? locale : undefined);
}

/**
 * A message of ours leads nowhere that no application of the workspace is at.
 * @throws PlatformError `unprocessable_entity`
 */
export async function checkedTarget(
  { clients }: CodeCallStores,
  pool: Pool,
  server: string | undefined,
  target: string | undefined,
): Promise<string | undefined> {
  if (target === undefined) return undefined;
  const workspace: WorkspaceId | undefined = server === undefined ? pool.workspaceId : workspaceId(server);
  const origin = originOf(target);
  if (workspace !== undefined && origin !== undefined) {
    const list: Parameters<typeof allOf<Awaited<ReturnType<ClientStore['list']>>['items'][number]>>[0] = (query) =>
      clients.list(pool.tenantId, workspace, query);
    for await (const { status, metadata } of allOf(list, ({ id }) => id)) {
      const places = [...(metadata.redirect_uris ?? []), ...(metadata.client_uri ? [metadata.client_uri] : [])];
      if (status === 'active' && places.some((place) => originOf(place) === origin)) return target;
    }
  }
  throw unprocessable('/post_activation_url', 'must be at an application of the workspace: see server_id');
}

/** @returns undefined for what is no web address */
function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, origin, username, password } = new URL(text);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  return isWeb && username === '' && password === '' ? origin : undefined;
}

export const noSuchUser = (): PlatformError => new PlatformError('not_found', 'There is no such user.');
