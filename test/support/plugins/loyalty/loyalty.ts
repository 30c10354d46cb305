/** A sample plugin: a shop's points, as a scope, as claims and beside tokens; and a say in who may ask for them. */
import { z } from 'zod';
import { definePlugin, type ClaimContext } from '../../../../plugins/kit/index.ts';

export const loyalty = definePlugin({
  id: 'loyalty',
  title: 'Loyalty points',
  config: {
    workspace: z.object({
      points: z.int().nonnegative().default(7),
      /** Where this plugin is broken. */
      broken: z.enum(['none', 'claims', 'token_response', 'token_response_member', 'request']).default('none'),
    }),
  },
  setup(ext, config) {
    ext.scopes([
      { name: 'loyalty', displayName: 'Points', description: 'How many you have.', implicitGrant: false, kind: 'oidc' },
      { name: 'loyalty:spend', displayName: 'Spend', description: 'Spend them.', implicitGrant: false, kind: 'api' },
    ]);

    const points = ({ workspace, subject, client, grantedScopes }: ClaimContext) => {
      const settings = config.of(workspace.settings);
      if (settings.broken === 'claims') throw new Error('a secret of the plugin');
      return {
        points: settings.points,
        of: subject,
        for: client.metadata.client_name,
        scopes: grantedScopes.toSorted(),
      };
    };
    ext.claims([
      { name: 'loyalty', scopes: ['loyalty'], in: ['id_token', 'userinfo', 'access_token'], value: points },
      { name: 'loyalty_card', scopes: ['loyalty'], in: ['userinfo'], value: () => 'card-1' },
      {
        name: 'loyalty_none',
        scopes: ['loyalty'],
        in: ['userinfo', 'id_token', 'access_token'],
        value: () => undefined,
      },
      { name: 'email', scopes: ['loyalty'], in: ['id_token'], value: () => 'points@example.com' },
    ]);

    ext.tokenResponse((response, { workspace, client, grantType, grantedScopes, grantId, subject }) => {
      const { broken } = config.of(workspace.settings);
      if (broken === 'token_response') throw new Error('a secret of the plugin');
      if (broken === 'token_response_member') return { ...response, access_token: 'another' };
      return { ...response, loyalty: { client: client.id, grantType, grantedScopes, grantId, subject } };
    });

    ext.authorizationRequest(({ workspace, client, params }) => {
      if (config.of(workspace.settings).broken === 'request') throw new Error('a secret of the plugin');
      const scopes = typeof params['scope'] === 'string' ? params['scope'].split(' ') : [];
      if (!scopes.includes('loyalty:spend') || client.trusted) return { kind: 'allow' };
      return { kind: 'deny', error: 'invalid_scope', description: `not for "${client.id}"\r\nSet-Cookie: x` };
    });
  },
});
