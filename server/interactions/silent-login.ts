/** A login that nobody sees: of a person whom a session knows, where nothing is left to ask (OIDC Core §3.1.2.1). */
import { epochSeconds, type Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { clientId, interactionId, newId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { SilentRequest } from '../oauth2/silent-grant.ts';
import type { AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { parseAuthorizationRequest, type AuthorizationRequest } from './authorization-request.ts';
import { commitStep, type Interaction } from './interaction.ts';
import type { LoginCase, LoginCases } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { commitGranted } from './login-commit.ts';
import type { KnownPerson } from './proof.ts';
import { knownFrom, sessionProof } from './session-login.ts';

export interface SilentLoginDeps {
  readonly unitOfWork: UnitOfWork<LoginStores>;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  readonly cases: LoginCases;
  readonly clock: Clock;
}

/**
 * Commits at once what `openFromSession` would have committed, and is silent about the same logins: it opens none that
 * would have to wait for the person.
 * @returns the grant's id, or undefined where the person has to be asked
 */
export function createSilentLogins(deps: SilentLoginDeps) {
  return async (workspace: Workspace, { params, session }: SilentRequest): Promise<string | undefined> => {
    const known = await knownFrom(deps.snapshots, workspace, session, clientId(String(params['client_id'])));
    if (known === undefined) return undefined;
    const request = requestOf(params, epochSeconds(deps.clock));
    const row = rowOf(workspace, request, known, deps.clock.now());
    return deps.unitOfWork.run(async (stores) => {
      const login = await openCase(stores, workspace, row, request);
      if (login === undefined || !(await deps.cases.stillHolds(stores, login, known.person, undefined)))
        return undefined;
      if ((await deps.cases.leftToAsk(stores, login, known)).length > 0) return undefined;
      await stores.interactions.insertOnce(row);
      await stores.proofs.insertOnce(sessionProof(row, known, row.startedAt));
      const granted = await deps.cases.grantedBy(stores, login, known.person, undefined);
      await commitGranted(stores, granted);
      return granted.grantId;
    });
  };
}

/** No Interaction of the engine's stands behind it: there is no address to resume at. */
function requestOf(params: SilentRequest['params'], now: number): AuthorizationRequest {
  const interaction = { params, returnTo: '', cid: newId(), exp: now, prompt: { name: 'consent', reasons: [] } };
  return parseAuthorizationRequest(newId(), interaction);
}

function rowOf(
  { tenantId, id, settings }: Workspace,
  request: AuthorizationRequest,
  { person }: KnownPerson,
  now: number,
): Interaction {
  return {
    tenantId,
    workspaceId: id,
    id: interactionId(request.cid),
    uid: request.uid,
    clientId: request.clientId,
    state: 'open',
    step: commitStep,
    person,
    reason: undefined,
    startedAt: now,
    expiresAt: now + (parseDuration(settings.login_lifetime) ?? 0),
    committedAt: undefined,
    attempt: undefined,
  };
}

/** Read inside the transaction that decides, as every login's is. */
async function openCase(
  stores: LoginStores,
  { tenantId, id }: Workspace,
  interaction: Interaction,
  request: AuthorizationRequest,
): Promise<LoginCase | undefined> {
  const workspace = await stores.workspaces.find(tenantId, id);
  const client = await stores.clients.find(tenantId, id, request.clientId);
  if (workspace === undefined || client?.status !== 'active') return undefined;
  const scopes = await stores.scopes.list(tenantId, id);
  return { kind: 'open', interaction, request, workspace, client, scopes };
}
