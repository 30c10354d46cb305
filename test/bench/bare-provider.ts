/**
 * The process of the bare provider: oidc-provider and argon2id, nothing around it, over the platform's own adapter,
 * stores and database; with `memory` as argument over the engine's own adapter instead.
 */
import { createServer } from 'node:http';
import { verify } from '@node-rs/argon2';
import Provider from 'oidc-provider';
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import { credentialKinds, secretFieldsOf } from '../../server/compose-kinds.ts';
import { openPlatform } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { clientId, userId } from '../../server/kernel/ids.ts';
import { createAdapterFactory } from '../../server/oauth2/adapter/adapter.ts';
import { createLog } from '../../server/ops/log.ts';
import { identifierForms } from '../../server/users/identifier.ts';
import { bareConfiguration } from './bare-configuration.ts';
import { createBareInteractions } from './bare-interactions.ts';
import { apiScope, benchTenant, benchWorkspace } from './place.ts';

const config = loadConfig(process.env);
const { stores } = await openPlatform(config, createLog(config, secretFieldsOf(credentialKinds)));
const [signingKey] = await stores.signingKeys.list(benchTenant, benchWorkspace);
const client = await stores.clients.find(benchTenant, benchWorkspace, clientId('bench'));
if (signingKey === undefined || client?.secret === undefined) throw new Error('this folder is not filled for a bench');

const { redirect_uris = [], grant_types = [], scope = '' } = client.metadata;
const provider = new Provider(
  config.publicUrl,
  bareConfiguration({
    issuer: config.publicUrl,
    signingKey,
    adapter:
      process.argv[2] === 'memory'
        ? undefined
        : createAdapterFactory({
            artifacts: stores.artifacts,
            clients: stores.clients,
            clock: systemClock,
            tenantId: benchTenant,
            workspaceId: benchWorkspace,
            rules: {
              grantTypes: ['authorization_code', 'client_credentials'],
              responseTypes: ['code'],
              assertionAlgs: ['ES256'],
              idTokenAlg: 'ES256',
              scopes: new Set(['openid', 'profile', 'email', apiScope]),
              defaultScopes: ['openid'],
            },
          }),
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [...redirect_uris],
        grant_types: [...grant_types],
        scope,
      },
    ],
    findAccount: async (_ctx, subject) => {
      const user = await stores.users.find(benchTenant, demoPoolId, userId(subject));
      return user && { accountId: subject, claims: () => ({ ...user.payload, sub: subject }) };
    },
  }),
);

const interact = createBareInteractions({
  provider,
  async verify(identifier, password) {
    const forms = identifierForms(identifier, { caseInsensitive: true });
    const user = await stores.identifiers.findUser(benchTenant, demoPoolId, ...forms);
    const credential = user && (await stores.passwords.findByUser(benchTenant, demoPoolId, user));
    return credential?.hash !== undefined && (await verify(credential.hash, password)) ? user : undefined;
  },
});
const answer = provider.callback();
createServer((req, res) => {
  if (req.url?.startsWith('/interaction/') !== true) {
    void answer(req, res);
    return;
  }
  interact(req, res).catch((error: unknown) => {
    console.error(error);
    res.statusCode = 500;
    res.end();
  });
}).listen(config.http.port, config.http.host, () => {
  console.log('serving');
});
process.on('SIGTERM', () => process.exit(0));
