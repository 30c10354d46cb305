/** One browser's visit to a login: finds tenant, workspace, the engine's interaction by its cookie, and our row; or says why not. */
import type { Request, Response } from 'express';
import type { Provider } from 'oidc-provider';
import type { Client, ClientStore } from '../clients/client.ts';
import { clientAddress } from '../http/client-address.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IntegratorPage, IntegratorPageStore } from '../extensions/page.ts';
import { parseDuration } from '../kernel/duration.ts';
import { PlatformError } from '../kernel/errors.ts';
import { tenantId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { askedFrom } from './asked-from.ts';
import { readEngineLogin, type BrowserSession } from './engine.ts';
import type { AllowedIdps } from './idp-selection.service.ts';
import { endOf, type Interaction } from './interaction.ts';
import type { AskedFrom, ProofContent } from './proof.ts';
import type { InteractionService } from './interaction.service.ts';

/** A login that this browser holds the cookie of. */
export interface Visit {
  readonly kind: 'here';
  readonly workspace: Workspace;
  readonly tenantName: string;
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly session: BrowserSession | undefined;
  readonly interaction: Interaction;
  /** The login's address, without a trailing slash. */
  readonly path: string;
  readonly freshnessMs: number;
  /** Pages of integrators in this workspace. */
  readonly pages: readonly IntegratorPage[];
  /** Where a form of this login may lead through redirects: the application, and integrators' pages on the way there. */
  readonly formTargets: readonly string[];
}

/** By which idps this browser may sign in. */
export type IdpsFor = (visit: Visit, req: Request) => Promise<AllowedIdps>;

/** The login goes on at another address, where this browser holds its cookie as well. */
export interface MovedVisit {
  readonly kind: 'moved';
  readonly path: string;
}

/** Why this browser cannot go on with this login. The client is named only where the browser holds its cookie. */
export interface MissedVisit {
  readonly kind: 'elsewhere' | 'finished' | 'expired' | 'stopped';
  readonly tenantName: string;
  readonly client: Client | undefined;
}

export interface LoginVisitDeps {
  readonly providers: {
    get(
      tenant: TenantId,
      workspace: WorkspaceId,
    ): Promise<{ readonly provider: Provider; readonly workspace: Workspace } | undefined>;
  };
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly clients: Pick<ClientStore, 'find'>;
  readonly interactions: Pick<InteractionService, 'open' | 'find'>;
  readonly pages: IntegratorPageStore;
  readonly clock: Clock;
}

/** For scripts to judge by. */
export const askedBy = (req: Request): AskedFrom => askedFrom(clientAddress(req).address, req.headers);

/** A first factor with the request that brought it. */
export function broughtFrom(req: Request, content: ProofContent): ProofContent {
  return content.kind === 'authenticated' ? { ...content, from: askedBy(req) } : content;
}

/** @throws PlatformError `not_found` where there is no such tenant or workspace */
export async function visitLogin(
  deps: LoginVisitDeps,
  req: Request,
  res: Response,
): Promise<Visit | MovedVisit | MissedVisit> {
  const { tid, aid, uid } = req.params;
  if (typeof tid !== 'string' || typeof aid !== 'string' || typeof uid !== 'string') throw notFound();
  const [tenant, entry] = [
    await deps.tenants.find(tenantId(tid)),
    await deps.providers.get(tenantId(tid), workspaceId(aid)),
  ];
  if (tenant === undefined || entry === undefined) throw notFound();
  const { workspace } = entry;
  const pathOf = (of: string) => `/${workspace.tenantId}/${workspace.id}/login/${of}`;

  const found = await readEngineLogin(entry.provider, req, res, uid);
  if (found.kind === 'elsewhere') {
    // The browser drops the cookie of a login whose time is over: that it is over is nobody's secret, whose it was is.
    const row = await deps.interactions.find(workspace, uid);
    const over = row !== undefined && row.expiresAt <= deps.clock.now();
    return { kind: over ? endOf(row) : 'elsewhere', tenantName: tenant.name, client: undefined };
  }
  const clientOf = (row: Pick<Interaction, 'clientId'>) =>
    deps.clients.find(workspace.tenantId, workspace.id, row.clientId);
  if (found.kind === 'gone') {
    const row = await deps.interactions.find(workspace, uid);
    if (row?.state === 'open' && row.uid !== uid) return { kind: 'moved', path: pathOf(row.uid) };
    return {
      kind: endOf(row),
      tenantName: tenant.name,
      client: row === undefined ? undefined : await clientOf(row),
    };
  }
  const client = await clientOf(found.request);
  if (client === undefined) return { kind: 'expired', tenantName: tenant.name, client: undefined };
  const interaction = await deps.interactions.open(
    { workspace, client, request: found.request },
    found.session,
    askedBy(req),
  );
  if (interaction.state === 'expired') return { kind: endOf(interaction), tenantName: tenant.name, client };
  if (interaction.state === 'open' && interaction.uid !== uid) return { kind: 'moved', path: pathOf(interaction.uid) };
  const { redirectUri } = found.request;
  const pages = await deps.pages.list(workspace.tenantId, workspace.id);
  return {
    kind: 'here',
    workspace,
    tenantName: tenant.name,
    client,
    request: found.request,
    session: found.session,
    interaction,
    path: pathOf(uid),
    freshnessMs: parseDuration(workspace.settings.factor_freshness) ?? 0,
    pages,
    formTargets: [...(redirectUri === undefined ? [] : [redirectUri]), ...pages.map(({ url }) => url)],
  };
}

function notFound(): PlatformError {
  return new PlatformError('not_found', 'there is no such tenant or workspace');
}
