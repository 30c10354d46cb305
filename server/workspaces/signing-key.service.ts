/** Making and changing the keys a workspace signs with, so that nothing signed before stops verifying too early. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { SigningAlg, SigningKey, SigningKeyStore } from './signing-key.ts';
import type { Workspace, WorkspaceSettings, WorkspaceStore } from './workspace.ts';

/** A token may be signed a moment after the key was retired, by a process that has not heard of it yet. */
const graceMs = 60_000;

export interface SigningKeyStores {
  readonly workspaces: Pick<WorkspaceStore, 'find' | 'touch'>;
  readonly signingKeys: Pick<SigningKeyStore, 'list' | 'insert' | 'retire' | 'removeRetired' | 'removeExpired'>;
  readonly outbox: Outbox;
}

export interface SigningKeyService {
  /**
   * Signs with a fresh key from here on; the one before is published until nothing it signed is valid.
   * @throws PlatformError `not_found`
   */
  rotate(tenant: TenantId, workspace: WorkspaceId): Promise<SigningKey>;
  /**
   * Forgets a key that signs no more: whatever it signed is worth nothing from here on.
   * @returns it, as it was
   * @throws PlatformError `not_found`, `bad_request` for the key that signs
   */
  revoke(tenant: TenantId, workspace: WorkspaceId, kid: string): Promise<SigningKey>;
}

const algs: Readonly<Record<WorkspaceSettings['key_type'], SigningAlg>> = { ecdsa: 'ES256', rsa: 'RS256', ps: 'PS256' };

export function algOf(settings: WorkspaceSettings): SigningAlg {
  return algs[settings.key_type];
}

/** A fresh key pair; its `kid` is the JWK thumbprint (RFC 7638), so it names this key and no other. */
export async function generateSigningKey(alg: SigningAlg, clock: Clock): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk, 'sha256');
  return {
    kid,
    alg,
    state: 'active',
    privateJwk: { ...jwk, kid, alg, use: 'sig' },
    createdAt: clock.now(),
    removableAt: undefined,
  };
}

/** The longest that a token lives which this workspace signs. Milliseconds. */
function longestLifetimeMs(settings: WorkspaceSettings): number {
  return Math.max(parseDuration(settings.access_token_ttl) ?? 0, parseDuration(settings.id_token_ttl) ?? 0);
}

/**
 * The same key, signing no more.
 * @param settings as they stood while it signed
 */
export function retiredAt(key: SigningKey, settings: WorkspaceSettings, now: number): SigningKey {
  return { ...key, state: 'retired', removableAt: now + longestLifetimeMs(settings) + graceMs };
}

/**
 * Puts `key` in the place of the active one, and drops retired ones whose time has come. The caller raises the revision
 * first: its row then keeps two replacements apart.
 * @param settings as they stood while the old key signed
 */
export async function replaceActiveKey(
  stores: Pick<SigningKeyStores, 'signingKeys'>,
  place: Pick<Workspace, 'tenantId' | 'id'>,
  settings: WorkspaceSettings,
  key: SigningKey,
): Promise<void> {
  const { tenantId, id } = place;
  const now = key.createdAt;
  for (const known of await stores.signingKeys.list(tenantId, id)) {
    if (known.state === 'retired') continue;
    await stores.signingKeys.retire(tenantId, id, known.kid, now + longestLifetimeMs(settings) + graceMs);
  }
  await stores.signingKeys.removeExpired(tenantId, id, now);
  await stores.signingKeys.insert(tenantId, id, key);
}

export function createSigningKeyService(deps: {
  readonly unitOfWork: UnitOfWork<SigningKeyStores>;
  readonly clock: Clock;
}): SigningKeyService {
  const { unitOfWork, clock } = deps;
  const settingsOf = async (tenant: TenantId, id: WorkspaceId): Promise<WorkspaceSettings> => {
    const workspace = await unitOfWork.run((stores) => stores.workspaces.find(tenant, id));
    if (workspace === undefined) throw new PlatformError('not_found', 'There is no such workspace.');
    return workspace.settings;
  };

  return {
    async rotate(tenant, id) {
      const settings = await settingsOf(tenant, id);
      // Made outside of the transaction: an RSA key takes its time.
      const key = await generateSigningKey(algOf(settings), clock);
      await unitOfWork.run(async (stores) => {
        await stores.workspaces.touch(tenant, id);
        await replaceActiveKey(stores, { tenantId: tenant, id }, settings, key);
        await stores.outbox.append({
          tenantId: tenant,
          workspaceId: id,
          subject: 'server',
          action: 'updated',
          metadata: {},
          payload: { server_updated: { id, signing_key: { kid: key.kid, alg: key.alg } } },
        });
      });
      return key;
    },

    revoke: (tenant, id, kid) =>
      unitOfWork.run(async (stores) => {
        const key = (await stores.signingKeys.list(tenant, id)).find((one) => one.kid === kid);
        if (key === undefined) throw new PlatformError('not_found', 'There is no such key.');
        if (!(await stores.signingKeys.removeRetired(tenant, id, kid)))
          throw new PlatformError('bad_request', 'This key signs: rotate first, then revoke it.');
        await stores.workspaces.touch(tenant, id);
        await stores.outbox.append({
          tenantId: tenant,
          workspaceId: id,
          subject: 'server',
          action: 'updated',
          metadata: {},
          payload: { server_updated: { id, revoked_signing_key: { kid, alg: key.alg } } },
        });
        return key;
      }),
  };
}
