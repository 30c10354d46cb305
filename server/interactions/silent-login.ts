/** A login that nobody sees: of a person whom a session knows, where nothing is left to ask (OIDC Core §3.1.2.1). */
import { scriptStep } from '../../workflows/contract/authentication.ts';
import { epochSeconds, type Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { clientId, interactionId, newId } from '../kernel/ids.ts';
import type { ClientStore } from '../clients/client.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { SilentAnswer, SilentRequest } from '../oauth2/silent-grant.ts';
import type { AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { parseAuthorizationRequest, type AuthorizationRequest } from './authorization-request.ts';
import type { SessionAdmission } from './idp-choice.ts';
import { commitStep, type Interaction } from './interaction.ts';
import type { LoginCase, LoginCases } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { commitGranted } from './login-commit.ts';
import type { AskedFrom, KnownPerson } from './proof.ts';
import { knownBeforeScript, knownFrom, sessionProof } from './session-login.ts';
import { createSilentScript, type SilentScriptDeps } from './silent-script.ts';

export interface SilentLoginDeps extends Pick<SilentScriptDeps, 'executions' | 'writeMetadata'> {
  readonly unitOfWork: UnitOfWork<LoginStores>;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  readonly clients: Pick<ClientStore, 'find'>;
  readonly selection: SessionAdmission;
  readonly cases: LoginCases;
  readonly clock: Clock;
  /** What scripts are told of a request. */
  readonly askedFrom: (request: SilentRequest['request']) => AskedFrom;
}

/**
 * Commits at once what `openFromSession` would have committed, and is silent about the same logins: it opens none that
 * would have to wait for the person. A script that has to decide is run within the request; one that would wait is as good
 * as a page.
 * @returns the grant, or what the application is told of a script that refused; undefined where the person has to be asked
 */
export function createSilentLogins(deps: SilentLoginDeps) {
  const decide = createSilentScript(deps);
  return async (workspace: Workspace, asked: SilentRequest): Promise<SilentAnswer | undefined> => {
    const { params, session } = asked;
    const id = clientId(String(params['client_id']));
    const client = await deps.clients.find(workspace.tenantId, workspace.id, id);
    const before = await knownFrom(deps.snapshots, workspace, session, id);
    if (client === undefined || before === undefined) return undefined;
    const request = requestOf(params, epochSeconds(deps.clock));
    const row = rowOf(workspace, request, before, deps.clock.now());
    const from = deps.askedFrom(asked.request);
    const found = await deps.selection.admit({ workspace, client, request, interaction: row, from }, before);
    if (found === undefined) return undefined;
    const begun = await deps.unitOfWork.run(async (stores) => {
      const login = await openCase(stores, workspace, row, request);
      if (login === undefined || !(await deps.cases.stillHolds(stores, login, found.person, undefined)))
        return undefined;
      const left = await deps.cases.leftToAsk(stores, login, found);
      if (left.some((step) => step !== scriptStep)) return undefined;
      const known = left.length === 0 ? found : knownBeforeScript(found, id, from);
      if (known === undefined) return undefined;
      const interaction = { ...row, person: known.person };
      await stores.interactions.insertOnce(interaction);
      await stores.proofs.insertOnce(sessionProof(interaction, known, row.startedAt));
      if (left.length > 0) return { ...login, interaction };
      const granted = await deps.cases.grantedBy(stores, login, known.person, undefined);
      await commitGranted(stores, granted);
      return { kind: 'granted', grantId: granted.grantId } as const;
    });
    return begun?.kind === 'open' ? decide(begun) : begun;
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
