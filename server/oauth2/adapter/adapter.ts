/** The storage oidc-provider asks for, one adapter a model, bound to one workspace: ids of another are unknown here. */
import { errors } from 'oidc-provider';
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { epochSeconds } from '../../kernel/clock.ts';
import type { ArtifactKey, StoredArtifact } from '../artifact.ts';
import type { AdapterDeps } from './adapter-deps.ts';
import { createClientAdapter } from './client.adapter.ts';
import { createPushedRequestAdapter } from './pushed-request.adapter.ts';

/** Seconds that a resumed interaction may be resumed again, for the browser whose answer was lost. */
export const resumableSeconds = 60;

/** The row as the engine knows it, with the id that only its bearer has. */
export function toEngine(
  artifact: StoredArtifact,
  known: { readonly jti?: string; readonly userCode?: string },
): AdapterPayload {
  const consumed = artifact.consumedAt === undefined ? undefined : { consumed: artifact.consumedAt };
  return { ...artifact.payload, ...known, ...consumed };
}

/** @returns the factory for oidc-provider's `adapter` option */
export function createAdapterFactory(deps: AdapterDeps): AdapterFactory {
  return (model) => {
    if (model === 'Client') return createClientAdapter(deps);
    const adapter = createModelAdapter(deps, model);
    return model === 'PushedAuthorizationRequest' ? createPushedRequestAdapter(deps, adapter) : adapter;
  };
}

function createModelAdapter({ artifacts, clock, tenantId, workspaceId }: AdapterDeps, model: string): Adapter {
  const key: ArtifactKey = { tenantId, workspaceId, model };
  return {
    async upsert(id, payload, expiresIn) {
      const expiresAt = expiresIn === undefined ? undefined : epochSeconds(clock) + expiresIn;
      await artifacts.upsert(key, id, { ...payload }, expiresAt);
    },

    async find(id) {
      const artifact = await artifacts.find(key, id);
      return artifact && toEngine(artifact, { jti: id });
    },

    async findByUserCode(userCode) {
      const artifact = await artifacts.findByUserCode(key, userCode);
      return artifact && toEngine(artifact, { userCode });
    },

    async findByUid(uid) {
      const artifact = await artifacts.findByUid(key, uid);
      return artifact && toEngine(artifact, {});
    },

    async consume(id) {
      if (await artifacts.consume(key, id, epochSeconds(clock))) return;
      // Two bearers of one code or refresh token: one of them is a thief, and nobody knows which (RFC 6749 §10.5,
      // RFC 9700 §4.14.2). The engine revokes when it saw the mark; this is the one who came between its look and it.
      const grantId = (await artifacts.find(key, id))?.payload['grantId'];
      if (typeof grantId === 'string') await artifacts.destroyByGrant(tenantId, workspaceId, grantId);
      throw new errors.InvalidGrant('already used');
    },

    async destroy(id) {
      if (model === 'Interaction') await artifacts.destroySoftly(key, id, epochSeconds(clock) + resumableSeconds);
      else await artifacts.destroy(key, id);
    },

    async revokeByGrantId(grantId) {
      await artifacts.destroyByGrant(tenantId, workspaceId, grantId, model);
    },
  };
}
