/** The options of the bare provider that ours is measured against: what the measured flows need, the rest as it comes. */
import type { AdapterFactory, Configuration, FindAccount } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { SigningKey } from '../../server/workspaces/signing-key.ts';
import { apiScope } from './place.ts';

export interface BareParts {
  readonly issuer: string;
  readonly signingKey: SigningKey;
  readonly findAccount: FindAccount;
  /** Undefined: the engine's own, in memory. */
  readonly adapter: AdapterFactory | undefined;
  /** For the adapter in memory, which has no clients of its own. */
  readonly clients: NonNullable<Configuration['clients']>;
}

export function bareConfiguration(parts: BareParts): Configuration {
  const { kid, alg, privateJwk } = parts.signingKey;
  return {
    ...(parts.adapter === undefined ? { clients: parts.clients } : { adapter: parts.adapter }),
    claims: { openid: ['sub'], profile: ['name', 'given_name', 'family_name'], email: ['email', 'email_verified'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: ['a cookie key of the bench'] },
    extraClientMetadata: { properties: ['platform'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // Tokens of people are for userinfo, which takes none with an audience; an application's own are signed.
        defaultResource: ({ oidc }) => (oidc.params?.['grant_type'] === 'client_credentials' ? parts.issuer : []),
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== parts.issuer) throw new errors.InvalidTarget();
          const jwt = { sign: { alg: 'ES256' } } as const;
          return { audience: parts.issuer, accessTokenFormat: 'jwt', scope: apiScope, jwt };
        },
      },
      userinfo: { enabled: true },
    },
    findAccount: parts.findAccount,
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    jwks: { keys: [{ ...privateJwk, kid, alg, use: 'sig' }] },
    pkce: { required: () => true },
    scopes: ['openid', 'profile', 'email', apiScope],
    ttl: { AccessToken: 3600, AuthorizationCode: 600, ClientCredentials: 3600, Grant: 86_400, IdToken: 3600 },
  };
}
