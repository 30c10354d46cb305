/** Parts of oidc-provider that work but are not in its types: each has a contract test, and the version is pinned. */
import Provider from 'oidc-provider';
import type { AdapterPayload } from 'oidc-provider';
import { PlatformError } from '../kernel/errors.ts';

/** An access token of a person (`AccessToken`) or of a client itself (`ClientCredentials`) while it is made or read. */
export interface EngineToken {
  jti: string;
  readonly kind: 'AccessToken' | 'ClientCredentials' | 'RefreshToken';
  readonly clientId: string;
  readonly iat?: number;
  readonly exp?: number;
  /** Seconds it will live. */
  readonly expiration: number;
  readonly accountId?: string;
  readonly grantId?: string;
  readonly scope?: string;
  readonly sid?: string;
  readonly jkt?: string;
  readonly 'x5t#S256'?: string;
  /** Neither expired nor used up. */
  readonly isValid: boolean;
  readonly tokenType?: string;
  destroy(): Promise<void>;
  readonly resourceServer?: { readonly accessTokenFormat?: string };
  aud?: string | string[];
  claims?: unknown;
  extra?: Readonly<Record<string, unknown>> | undefined;
  /** Ours: the id that a structured token shows. */
  publicId?: string;
  readonly [member: string]: unknown;
}

export interface EngineTokenModel {
  readonly IN_PAYLOAD: readonly string[];
  readonly prototype: {
    generateTokenId(this: EngineToken): string;
    getValueAndPayload(this: EngineToken): Promise<{ value: string; payload: AdapterPayload }>;
  };
  find(value: unknown, options?: { readonly ignoreExpiration?: boolean }): Promise<EngineToken | undefined>;
}

/** Models whose rows belong to a grant. */
export interface EngineGrantedModel {
  revokeByGrantId(grantId: string): Promise<void>;
}

/** A symmetric key, as of RFC 7518 §6.4, or a key of another type. */
export interface EngineKey {
  readonly kty: string;
  readonly k?: string;
}

export interface EngineKeyStore {
  selectForVerify(this: EngineKeyStore, options: object): readonly EngineKey[];
}

export interface EngineClient {
  readonly clientId: string;
  readonly clientAuthMethod: string;
  readonly clientName?: string;
  readonly scope?: string;
  readonly symmetricKeyStore: EngineKeyStore;
  grantTypeAllowed(type: string): boolean;
  responseTypeAllowed(type: string): boolean;
}

export interface EngineClientModel {
  readonly prototype: {
    grantTypeAllowed(this: EngineClient, type: string): boolean;
    responseTypeAllowed(this: EngineClient, type: string): boolean;
    checkClientSecretExpiration(this: EngineClient, message: string, errorOverride?: string): void;
    compareClientSecret(this: EngineClient, actual: string): boolean | Promise<boolean>;
  };
}

export interface EngineIdToken {
  readonly ctx?: object | undefined;
  set(claim: string, value: unknown): void;
}

export interface EngineIdTokenModel {
  readonly prototype: { issue(this: EngineIdToken, options?: { readonly use?: string }): Promise<string> };
}

export interface EngineModels {
  readonly IdToken: EngineIdTokenModel;
  readonly AccessToken: EngineTokenModel & EngineGrantedModel;
  readonly AuthorizationCode: EngineGrantedModel;
  readonly ClientCredentials: EngineTokenModel;
  readonly RefreshToken: Pick<EngineTokenModel, 'find'> & EngineGrantedModel;
  readonly Client: EngineClientModel;
  readonly ReplayDetection: { unique(issuer: string, id: string, exp: number): Promise<boolean> };
  readonly OIDCContext: {
    readonly prototype: { urlFor(name: string, options?: object): string; params?: unknown };
  };
}

const names = [
  'IdToken',
  'AccessToken',
  'AuthorizationCode',
  'ClientCredentials',
  'RefreshToken',
  'Client',
  'ReplayDetection',
  'OIDCContext',
] as const satisfies readonly (keyof EngineModels)[];

function hasModels(provider: unknown): provider is EngineModels {
  return typeof provider === 'object' && provider !== null && names.every((name) => name in provider);
}

/**
 * The classes of one provider: what is overridden on them holds for this workspace revision only.
 * @throws PlatformError `internal` when the engine is not the one this was written for
 */
export function modelsOf(provider: Provider): EngineModels {
  const models: unknown = provider;
  if (!hasModels(models)) throw new PlatformError('internal', 'The protocol engine has another shape than expected.');
  return models;
}

/** By provider, what is yet to be overridden. */
const pending = new WeakMap<object, Map<keyof EngineModels, () => void>>();

/** Gives the engine's class, overridden before anybody has it. */
function overriddenOf(name: keyof EngineModels): () => unknown {
  function model(this: object): unknown {
    const overrides = pending.get(this);
    const override = overrides?.get(name);
    if (overrides !== undefined && override !== undefined) {
      // What overrides it asks for the class itself.
      overrides.delete(name);
      try {
        override();
      } catch (error) {
        // Nobody gets a class that was overridden by half.
        overrides.set(name, override);
        throw error;
      }
    }
    return Reflect.get(Provider.prototype, name, this);
  }
  return model;
}

/** Before the engine's own prototype, and one for all providers: getters of each would weigh more than classes do. */
const overriding = {};
Object.setPrototypeOf(overriding, Provider.prototype);
for (const name of names) Object.defineProperty(overriding, name, { configurable: true, get: overriddenOf(name) });

/**
 * Has classes overridden when they are first used, by whomever: the engine makes them then, and most requests need few.
 * @param overrides by the name of the class; each finds it with `modelsOf`
 */
export function overrideModels(
  provider: Provider,
  overrides: Readonly<Partial<Record<keyof EngineModels, () => void>>>,
): void {
  const found = new Map<keyof EngineModels, () => void>();
  for (const name of names) {
    const override = overrides[name];
    if (override !== undefined) found.set(name, override);
  }
  pending.set(provider, found);
  Object.setPrototypeOf(provider, overriding);
}
