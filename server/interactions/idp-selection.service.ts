/** Which idps a login may be begun with: all that are switched on, or those that a script of the workspace allows. */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { AllowedIdpsEvent, JsonObject } from '../../scripts-runtime/index.ts';
import type { PointScripts } from '../extensions/point-script.service.ts';
import type { PointReader } from '../extensions/point-verdict.ts';
import { runningVersions } from '../extensions/script.ts';
import type { Idp, IdpStore } from '../idps/idp.ts';
import type { ClientId, IdpId } from '../kernel/ids.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { shownParams } from './authorization-request.ts';
import { enabledIdps, inDisplayOrder, shownIdps, type IdpQuestion, type SessionAdmission } from './idp-choice.ts';
import { requirementOfChoice } from './script-requirement.ts';

export interface AllowedIdps {
  /** As they come where people choose. Empty where nobody may sign in this way: also where the script failed. */
  readonly idps: readonly Idp[];
  /** What a login satisfies that begins with this one of them; none where no script decides. */
  satisfied(idp: IdpId): readonly string[];
}

export interface IdpSelection extends SessionAdmission {
  allowed(question: IdpQuestion): Promise<AllowedIdps>;
  /** What a session by an idp must have satisfied, one of these; undefined where no script decides. */
  requirements(workspace: Workspace, client: ClientId, idp: IdpId): Promise<readonly string[] | undefined>;
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

  /** @returns what an idp that is allowed satisfies; undefined where no script decides */
  async function choiceAt(
    workspace: Workspace,
    client: ClientId,
  ): Promise<((idp: IdpId) => readonly string[]) | undefined> {
    const script = await deps.points.boundAt(at(workspace));
    if (script === undefined) return undefined;
    if (typeof script === 'string') return () => [];
    const versions = runningVersions(script);
    return (idp) => versions.map((version) => requirementOfChoice(script.id, version, { idp, client }));
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

  async function allowed(question: IdpQuestion): Promise<AllowedIdps> {
    const { workspace, client, interaction } = question;
    const idps = inDisplayOrder(enabledIdps(await deps.idps.list(workspace.tenantId, workspace.id)));
    const satisfied = await choiceAt(workspace, client.id);
    if (satisfied === undefined) return { idps, satisfied: () => [] };
    const { tenantId, workspaceId, id: login } = interaction;
    const of = idps.map(({ id, hidden = false }) => [id, hidden, ...satisfied(id)]);
    const key = JSON.stringify([tenantId, workspaceId, login, of]);
    let asked = answers.get(key);
    if (asked === undefined) {
      asked = ask(question, idps);
      answers.set(key, asked);
      asked.catch(() => answers.delete(key));
    }
    const ids = await asked;
    if (ids === undefined) return { idps, satisfied };
    // A hidden one that the script names is offered like any other.
    return { idps: idps.filter(({ id }) => ids.includes(id)).map(({ hidden: _, ...idp }) => idp), satisfied };
  }

  return {
    requirements: async (workspace, client, idp) => (await choiceAt(workspace, client))?.(idp),

    allowed,

    async admit(question, known) {
      const { idpId } = known.person;
      const wanted = (await choiceAt(question.workspace, question.client.id))?.(idpId);
      if (wanted?.some((one) => known.satisfied.includes(one)) !== false) return known;
      const { idps, satisfied } = await allowed(question);
      if (!idps.some(({ id }) => id === idpId)) return undefined;
      return { ...known, satisfied: [...known.satisfied, ...satisfied(idpId)] };
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
