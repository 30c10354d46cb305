/** Parts of oidc-provider that work but are not in its types: each has a contract test, and the version is pinned. */
import type Provider from 'oidc-provider';
import type { AdapterPayload } from 'oidc-provider';
import { PlatformError } from '../kernel/errors.ts';

/** An access token of a person (`AccessToken`) or of a client itself (`ClientCredentials`) while it is made or read. */
export interface EngineToken {
  jti: string;
  readonly kind: 'AccessToken' | 'ClientCredentials';
  readonly clientId: string;
  readonly iat?: number;
  readonly exp?: number;
  /** Seconds it will live. */
  readonly expiration: number;
  readonly accountId?: string;
  readonly grantId?: string;
  readonly scope?: string;
  readonly jkt?: string;
  readonly 'x5t#S256'?: string;
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

export interface EngineClient {
  readonly clientId: string;
  readonly clientAuthMethod: string;
  readonly clientName?: string;
  readonly scope?: string;
  grantTypeAllowed(type: string): boolean;
}

export interface EngineClientModel {
  readonly prototype: {
    grantTypeAllowed(this: EngineClient, type: string): boolean;
    responseTypeAllowed(this: EngineClient, type: string): boolean;
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
  readonly AccessToken: EngineTokenModel;
  readonly ClientCredentials: EngineTokenModel;
  readonly RefreshToken: { find(value: unknown, options?: object): Promise<unknown> };
  readonly Client: EngineClientModel;
  readonly ReplayDetection: { unique(issuer: string, id: string, exp: number): Promise<boolean> };
  readonly OIDCContext: {
    readonly prototype: { urlFor(name: string, options?: object): string; params?: unknown };
  };
}

const overridden = ['IdToken', 'AccessToken', 'ClientCredentials', 'RefreshToken', 'Client', 'ReplayDetection', 'OIDCContext'];

function hasModels(provider: unknown): provider is EngineModels {
  return typeof provider === 'object' && provider !== null && overridden.every((name) => name in provider);
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
