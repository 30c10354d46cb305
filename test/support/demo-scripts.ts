/** What integrators set up in the demonstration's workspace, beside processes that serve it already. */
import { setTimeout as delay } from 'node:timers/promises';
import { createExecutionPointService, type WantedBinding } from '../../server/extensions/execution-point.service.ts';
import { createScriptService } from '../../server/extensions/script.service.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { claimId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import type { BackOffice } from './back-office.ts';

const [tenant, workspace] = [tenantId('default'), workspaceId('demo')];

/** Publishes a script that decides over the logins of the demonstration's people; what it says of them as claims is in their id_tokens. */
export async function publishScript(office: BackOffice, id: string, body: string, claims: readonly string[] = []) {
  await writeScript(office, id, body);
  for (const claim of claims) await addClaim(office, claim);
  await bindScript(office, { type: 'post_authn_ctx', target: 'demo-pool', scriptId: id });
}

/** Publishes one that decides by which idps people may sign in to applications of the workspace. */
export async function publishChoice(office: BackOffice, id: string, body: string): Promise<void> {
  await writeScript(office, id, body);
  await bindScript(office, { type: 'allowed_idp_ids', target: workspace, scriptId: id });
}

/** Has nobody decide any more by which idps people may sign in. */
export const withdrawChoice = (office: BackOffice): Promise<void> =>
  bindScript(office, { type: 'allowed_idp_ids', target: workspace, scriptId: '' });

async function writeScript({ platform }: BackOffice, id: string, body: string): Promise<void> {
  const { unitOfWork, scriptCompiler: compiler } = platform;
  const words = { name: id, envVersion: '', testInput: '', body };
  await createScriptService({ unitOfWork, compiler, clock }).create(tenant, workspace, id, words);
}

async function bindScript(office: BackOffice, binding: WantedBinding): Promise<void> {
  const { unitOfWork } = office.platform;
  await createExecutionPointService({ unitOfWork }).bind(tenant, workspace, [binding], () => undefined);
  await believed(office);
}

/** Puts into id_tokens what a script or an application says under this name. */
export async function addClaim({ platform }: BackOffice, name: string): Promise<void> {
  await platform.stores.claims.insert({
    ...{ tenantId: tenant, workspaceId: workspace, id: claimId(name), name, type: 'id_token' },
    ...{ description: '', sourcePath: name, scopes: [], isOpaque: false },
  });
}

/** A process may believe the workspace that it knows for a second. */
export async function believed({ platform }: BackOffice): Promise<void> {
  await platform.stores.workspaces.touch(tenant, workspace);
  await delay(1200);
}
