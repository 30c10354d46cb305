/** Which idps a login may be begun with: all that are switched on, or those that a script of the workspace allows. */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { AllowedIdpsEvent, JsonObject } from '../../scripts-runtime/index.ts';
import type { PointScripts } from '../extensions/point-script.service.ts';
import type { PointReader } from '../extensions/point-verdict.ts';
import { runningVersions } from '../extensions/script.ts';
import type { Idp, IdpStore } from '../idps/idp.ts';
import type { ClientId } from '../kernel/ids.ts';
import type { Client } from '../clients/client.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { shownParams, type AuthorizationRequest } from './authorization-request.ts';
import { enabledIdps, shownIdps } from './idp-choice.ts';
import type { Interaction } from './interaction.ts';
import type { AskedFrom } from './proof.ts';

/** A login at its first page. */
export interface IdpQuestion {
  readonly workspace: Workspace;
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly interaction: Interaction;
  readonly from: AskedFrom;
}

export interface AllowedIdps {
  /** Empty where nobody may sign in this way: also where the script failed. */
  readonly idps: readonly Idp[];
  /** What a login satisfies that begins with one of them; none where no script decides. */
  readonly satisfied: readonly string[];
}

export interface IdpSelection {
  allowed(question: IdpQuestion): Promise<AllowedIdps>;
  /** What a session must have satisfied, one of these; undefined where no script decides. */
  requirements(workspace: Workspace, client: ClientId): Promise<readonly string[] | undefined>;
}

const output = z.object({ idps_ids: z.array(z.string().max(64)).max(1000) });

export const allowedIdpsReader: PointReader<z.infer<typeof output>> = {
  read: (returned) =>
    output.safeParse(returned.output).data ??
    'what the script returned cannot be used: it has to be { idps_ids }, ids of 64 characters and 1000 of them at most',
  namesOf: ({ idps_ids: ids }) => ({ idps_ids: [...new Set(ids)].sort() }),
};

/** Pages of one login are drawn many times within a moment: the answer holds as long, and in this process. */
const kept = { max: 10_000, ttl: 60_000 } as const;

export function createIdpSelection(deps: {
  readonly points: PointScripts;
  readonly idps: Pick<IdpStore, 'list'>;
}): IdpSelection {
  const answers = new LRUCache<string, Promise<readonly string[] | undefined>>(kept);
  const at = (workspace: Workspace) => ({ workspace, point: 'allowed_idp_ids', target: workspace.id }) as const;
  const requirement = (script: string, version: string, client: ClientId): string =>
    `script:${script}@${version}#${client}`;

  async function requirements(workspace: Workspace, client: ClientId): Promise<readonly string[] | undefined> {
    const script = await deps.points.boundAt(at(workspace));
    if (script === undefined) return undefined;
    return typeof script === 'string'
      ? []
      : runningVersions(script).map((version) => requirement(script.id, version, client));
  }

  /** @returns the ids that it allows; undefined where no script decides */
  async function ask(question: IdpQuestion, idps: readonly Idp[]): Promise<readonly string[] | undefined> {
    const { workspace, client, interaction } = question;
    const answer = await deps.points.decide({
      ...at(workspace),
      key: interaction.id,
      input: (shape) => inputOf(question, idps, shape),
      reader: allowedIdpsReader,
      clientId: client.id,
      interactionId: interaction.id,
    });
    if (answer.kind === 'none') return undefined;
    return answer.kind === 'ok' ? answer.value.idps_ids : [];
  }

  return {
    requirements,

    async allowed(question) {
      const { workspace, client, interaction } = question;
      const idps = enabledIdps(await deps.idps.list(workspace.tenantId, workspace.id));
      const wanted = await requirements(workspace, client.id);
      if (wanted === undefined) return { idps, satisfied: [] };
      const key = JSON.stringify([
        interaction.tenantId,
        interaction.workspaceId,
        interaction.id,
        wanted,
        idps.length,
        shownIdps(idps).length,
      ]);
      let asked = answers.get(key);
      if (asked === undefined) {
        asked = ask(question, idps);
        answers.set(key, asked);
        asked.catch(() => answers.delete(key));
      }
      const ids = await asked;
      if (ids === undefined) return { idps, satisfied: wanted };
      // A hidden one that the script names is offered like any other.
      const named = idps.filter(({ id }) => ids.includes(id)).map(({ hidden: _, ...idp }) => idp);
      return { idps: named, satisfied: wanted };
    },
  };
}

/** Of hidden ones a script is told nothing, so that one which allows all it is given does not show them. */
function inputOf({ client, request, workspace, from }: IdpQuestion, idps: readonly Idp[], shape: string): JsonObject {
  const shown = shownIdps(idps).map(({ id, name, method }) => ({ id, name, method }));
  const query = shownParams(request);
  if (shape === 'classic')
    return {
      idps: shown,
      client: { client_id: client.id, client_name: client.metadata.client_name ?? client.id },
      request: {
        headers: Object.fromEntries(Object.entries(from.headers).map(([name, value]) => [name, [value]])),
        query_params: query,
      },
    };
  return {
    idps: shown,
    tenant: { id: workspace.tenantId },
    workspace: { id: workspace.id, name: workspace.name },
    client: { id: client.id, name: client.metadata.client_name ?? client.id },
    request: { ip: from.ip, userAgent: from.headers['user-agent'] ?? '', query, headers: from.headers },
  } satisfies AllowedIdpsEvent;
}
