/**
 * The addresses a login has had. Asked to resume before there is a result, the engine gives it another one; a tab that
 * stayed at an earlier one is still of this login, also when the engine has long forgotten that address.
 */
import { z } from 'zod';
import { interactionId, type InteractionId } from '../kernel/ids.ts';
import type { ArtifactStore } from '../oauth2/artifact.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { interactionAfterlifeMs, type Interaction } from './interaction.ts';

export interface LoginAddresses {
  /** Remembers that the address is of this login, for as long as its row is kept. */
  keep(login: Interaction, uid: string): Promise<void>;
  /** The login that an address was kept for. */
  find(workspace: Pick<Workspace, 'tenantId' | 'id'>, uid: string): Promise<InteractionId | undefined>;
}

const model = 'LoginAddress';
const stored = z.object({ cid: z.string() });

export function createLoginAddresses(artifacts: Pick<ArtifactStore, 'find' | 'upsert'>): LoginAddresses {
  return {
    async keep({ tenantId, workspaceId, id, expiresAt }, uid) {
      const until = Math.ceil((expiresAt + interactionAfterlifeMs) / 1000);
      await artifacts.upsert({ tenantId, workspaceId, model }, uid, { cid: id }, until);
    },
    async find({ tenantId, id }, uid) {
      const found = await artifacts.find({ tenantId, workspaceId: id, model }, uid);
      return found && interactionId(stored.parse(found.payload).cid);
    },
  };
}
