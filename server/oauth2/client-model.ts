/** What a client may do besides the engine's own rules: only while it is active, and with a secret just replaced. */
import { hash, timingSafeEqual } from 'node:crypto';
import Provider, { errors } from 'oidc-provider';
import type { Client } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { platformMember } from './adapter/client-metadata.ts';
import type { PlatformMetadata } from './adapter/client-metadata.ts';
import { modelsOf } from './engine.ts';
import type { EngineClient, EngineKeyStore } from './engine.ts';
import { isRecord } from './json.ts';

/** Where an inactive client is told so. Elsewhere, as at logout, its people must still be served. */
const refusedAt: ReadonlySet<string> = new Set(['authorization', 'resume', 'pushed_authorization_request', 'token']);

function isPlatformMetadata(value: unknown): value is PlatformMetadata {
  return isRecord(value) && typeof value['status'] === 'string' && Array.isArray(value['rotated']);
}

/** What the adapter sent along with the client. Without it nothing is known, and the client counts as inactive. */
function platformOf(client: object): PlatformMetadata {
  const platform: unknown = isRecord(client) ? client[platformMember] : undefined;
  return isPlatformMetadata(platform) ? platform : { status: 'inactive', rotated: [] };
}

export function isActive(client: object | undefined): boolean {
  return client !== undefined && platformOf(client).status === 'active';
}

/** @throws errors.UnauthorizedClient at endpoints that begin something */
export function refuseInactive(client: object): void {
  if (!isActive(client) && refusedAt.has(Provider.ctx?.oidc.route ?? '')) {
    throw new errors.UnauthorizedClient('client is inactive');
  }
}

/**
 * The engine asks whether a client may have a response type when its request begins, and not when the login has ended: what
 * the workspace took away meanwhile would be given then.
 * @throws errors.UnsupportedResponseType
 */
export function refuseTakenAway(client: Pick<EngineClient, 'responseTypeAllowed'>, responseType: unknown): void {
  if (typeof responseType === 'string' && !client.responseTypeAllowed(responseType))
    throw new errors.UnsupportedResponseType();
}

function digest(value: string): Buffer {
  return hash('sha256', value, 'buffer');
}

/** Takes the same time whichever secret fits, and however much of it: digests are compared, all of them, always. */
export function matchesAny(actual: string, secrets: readonly string[]): boolean {
  const presented = digest(actual);
  let matches = false;
  for (const secret of secrets) matches = timingSafeEqual(presented, digest(secret)) || matches;
  return matches;
}

const rotating = new WeakSet<EngineKeyStore>();

/**
 * Lets assertions be verified with replaced secrets too, each until its time (OIDC Core §9, client_secret_jwt). The store
 * lives as long as the engine's client, which is another one whenever a secret changed; what it signs with stays as it is.
 */
function acceptRotatedKeys(client: EngineClient, { clock }: ClientModelDeps): void {
  const { rotated } = platformOf(client);
  const store = client.symmetricKeyStore;
  if (client.clientAuthMethod !== 'client_secret_jwt' || rotated.length === 0 || rotating.has(store)) return;
  const { selectForVerify } = store;
  store.selectForVerify = function withRotated(options) {
    const keys = selectForVerify.call(this, options);
    // Where the current secret is no key for this, none before it is.
    const [current] = keys;
    if (current?.kty !== 'oct') return keys;
    const now = clock.now();
    const before = rotated.filter(({ until }) => until > now);
    return [...keys, ...before.map(({ secret }) => ({ ...current, k: Buffer.from(secret).toString('base64url') }))];
  };
  rotating.add(store);
}

export interface ClientModelDeps {
  readonly clock: Clock;
  /** The client as it is now; the engine's own may be a moment old. */
  readonly asStored: (clientId: string) => Promise<Pick<Client, 'secret' | 'rotatedSecrets'> | undefined>;
}

/** Overrides the provider's client class; its instances are shared by requests and hold no state of ours. */
export function guardClients(provider: Provider, deps: ClientModelDeps): void {
  const { prototype } = modelsOf(provider).Client;
  const { grantTypeAllowed, responseTypeAllowed, checkClientSecretExpiration } = prototype;

  prototype.grantTypeAllowed = function allowed(type) {
    refuseInactive(this);
    return grantTypeAllowed.call(this, type);
  };

  prototype.responseTypeAllowed = function allowed(type) {
    refuseInactive(this);
    return responseTypeAllowed.call(this, type);
  };

  prototype.checkClientSecretExpiration = function check(message, errorOverride) {
    // Called before every use of a secret, so also before an assertion is verified with it.
    acceptRotatedKeys(this, deps);
    checkClientSecretExpiration.call(this, message, errorOverride);
  };

  const fits = (actual: string, current: unknown, rotated: Client['rotatedSecrets']): boolean => {
    const now = deps.clock.now();
    const accepted = rotated.filter(({ until }) => until > now).map(({ secret }) => secret);
    return matchesAny(actual, typeof current === 'string' ? [current, ...accepted] : accepted);
  };
  prototype.compareClientSecret = async function matches(actual) {
    if (fits(actual, 'clientSecret' in this ? this.clientSecret : undefined, platformOf(this).rotated)) return true;
    // A secret given a moment ago, perhaps by another process, is good at once.
    const stored = await deps.asStored(this.clientId);
    return stored !== undefined && fits(actual, stored.secret, stored.rotatedSecrets);
  };
}
