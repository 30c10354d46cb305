/** What clients lose when something is taken away from their workspace: named before it is done, refused to them after. */
import { createTurns } from '../configuration/turns.ts';
import { allOf } from '../kernel/all-pages.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Scope } from '../workspaces/scope.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';
import type { Client, ClientMetadata, ClientStore } from './client.ts';
import { usedTypes } from './response-types.ts';

/** A member of a client's registration that does not fit its workspace any more. */
export interface Loss {
  readonly pointer: string;
  readonly message: string;
}

/** What a client of this registration would lose; nothing where all goes on as before. */
export type Losses = (metadata: ClientMetadata) => readonly Loss[];

/** Of more clients only the number is told. */
const shownClients = 20;

const gone = <T>(before: readonly T[], after: readonly T[]): readonly T[] =>
  before.filter((one) => !after.includes(one));
const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
const signs = (method: string, alg: string): boolean =>
  alg.startsWith('HS') ? method === 'client_secret_jwt' : method === 'private_key_jwt';

/**
 * Compares what is taken away, and not two verdicts on the whole: a client that an earlier change left without one of its
 * grant types still has the others to lose. One whose way to authenticate was taken before has nothing left.
 * Where a registration does not say what its application does (whether it sends a code challenge, pushes its requests, or
 * which algorithm it signs with), the client counts: it was within its rights.
 * `key_type` and `subject_format` are no concern of a registration: no client is registered for an algorithm of ID tokens.
 * @returns undefined where nothing is taken away
 */
export function lossesOfSettings(before: WorkspaceSettings, after: WorkspaceSettings): Losses | undefined {
  const grantTypes: readonly string[] = gone(before.grant_types, after.grant_types);
  const types: readonly string[] = gone(before.response_types, after.response_types);
  const methods: readonly string[] = gone(before.token_endpoint_auth_methods, after.token_endpoint_auth_methods);
  const algs: readonly string[] = gone(
    before.token_endpoint_auth_signing_alg_values,
    after.token_endpoint_auth_signing_alg_values,
  );
  const asksPkce = after.enforce_pkce && !before.enforce_pkce;
  const asksPushed = after.require_pushed_authorization_requests && !before.require_pushed_authorization_requests;
  const taken = grantTypes.length + types.length + methods.length + algs.length;
  if (taken === 0 && !asksPkce && !asksPushed) return undefined;
  const known: readonly string[] = before.token_endpoint_auth_methods;
  const granted: readonly string[] = before.grant_types;

  return (metadata) => {
    const method = given(metadata.token_endpoint_auth_method) ?? 'client_secret_basic';
    if (!known.includes(method)) return [];
    const grants = (metadata.grant_types ?? ['authorization_code']).filter((type) => granted.includes(type));
    const usesBrowser = grants.includes('authorization_code') || grants.includes('implicit');
    const lost = grants.filter((type) => grantTypes.includes(type));
    const alg = given(metadata.token_endpoint_auth_signing_alg);
    const lostAlgs = algs.filter((one) => signs(method, one) && (alg === undefined || alg === one));
    const losses: Loss[] = [];
    const loses = (pointer: string, message: string) => losses.push({ pointer, message });
    if (lost.length > 0) loses('/grant_types', `${lost.join(', ')} would not be granted any more`);
    const lostTypes = usedTypes({ ...metadata, grant_types: grants }).filter((type) => types.includes(type));
    if (lostTypes.length > 0) loses('/response_types', `${lostTypes.join(', ')} would not be answered any more`);
    if (methods.includes(method)) loses('/token_endpoint_auth_method', `${method} would not be accepted any more`);
    if (lostAlgs.length > 0)
      loses(
        '/token_endpoint_auth_signing_alg',
        `${alg === undefined ? 'is not given, which allows ' : ''}${lostAlgs.join(', ')}: would not be accepted any more`,
      );
    // A public client needs PKCE whatever the workspace says.
    if (asksPkce && method !== 'none' && grants.includes('authorization_code'))
      loses('/grant_types', 'authorization_code would need PKCE (RFC 7636), which this client could leave out');
    if (asksPushed && usesBrowser && metadata['require_pushed_authorization_requests'] !== true)
      loses(
        '/require_pushed_authorization_requests',
        'is not true: authorization requests that are not pushed (RFC 9126) would be refused',
      );
    return losses;
  };
}

/** Every client may ask for `openid`, so that it is never lost. @returns undefined where nothing is taken away */
export function lossesOfScopes(scopes: readonly Pick<Scope, 'name' | 'kind'>[]): Losses | undefined {
  const taken = scopes.filter(({ name }) => name !== 'openid');
  if (taken.length === 0) return undefined;
  const message = (lost: readonly { readonly name: string }[]) =>
    `${lost.map(({ name }) => name).join(', ')} would not be granted any more`;
  return (metadata) => {
    const scope = given(metadata.scope);
    const named = scope?.split(' ');
    // A client that names no scopes may ask for those about the person.
    const lost = taken.filter(({ name, kind }) => named?.includes(name) ?? kind === 'oidc');
    if (lost.length === 0) return [];
    return [{ pointer: '/scope', message: named === undefined ? `is not given: ${message(lost)}` : message(lost) }];
  };
}

export interface LossesPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** Clients that the same change makes others: whether they fit is checked with them. */
  readonly replaces?: (id: Client['id']) => boolean;
}

/**
 * Asks every client of the workspace, a page at a time and without their secrets. Call it in the transaction that takes
 * away, after the workspace's row was written there, and with the stores of that transaction. Whoever registers or changes
 * a client holds that row to the end (`findHeld`): they committed before, and their client is among those that are asked,
 * or they wait, and are checked against what is left. SQLite has one writer anyway.
 * @throws PlatformError `unprocessable_entity` whose details name the clients that lose something, at most twenty
 */
export async function refuseLosses(
  clients: Pick<ClientStore, 'listRegistered'>,
  { tenantId, workspaceId, replaces = () => false }: LossesPlace,
  losses: Losses,
): Promise<void> {
  const named: unknown[] = [];
  let total = 0;
  const turn = createTurns();
  const all = allOf(
    (query) => clients.listRegistered(tenantId, workspaceId, query),
    ({ id }) => id,
  );
  for await (const { id, metadata } of all) {
    await turn();
    const conflicts = losses(metadata);
    if (conflicts.length === 0 || replaces(id)) continue;
    total += 1;
    if (named.length < shownClients) named.push({ client_id: id, client_name: metadata.client_name ?? '', conflicts });
  }
  if (total === 0) return;
  const who = total === 1 ? 'One client needs' : `${String(total)} clients need`;
  throw new PlatformError(
    'unprocessable_entity',
    `${who} what this takes away. Change what they are registered with, or repeat it with force=true: then they are refused it.`,
    { details: { total, clients: named } },
  );
}
