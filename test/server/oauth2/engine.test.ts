/** Classes of the engine are overridden before anybody has them, each provider's for itself. */
import assert from 'node:assert/strict';
import Provider from 'oidc-provider';
import { modelsOf, overrideModels } from '../../../server/oauth2/engine.ts';
import { generateSigningKey } from '../../../server/workspaces/signing-key.service.ts';

const makeProvider = async (): Promise<Provider> => {
  const { kid, alg, privateJwk } = await generateSigningKey('ES256', { now: () => 0 });
  return new Provider('https://id.example/acme/shop', {
    adapter: () => ({}) as never,
    jwks: { keys: [{ ...privateJwk, kid, alg, use: 'sig' }] },
    cookies: { keys: ['a key of the test'] },
    features: { devInteractions: { enabled: false } },
  });
};

describe('overrideModels', () => {
  it('overrides a class once, when it is first used, whoever asks for it', async () => {
    const provider = await makeProvider();
    const overridden: string[] = [];
    overrideModels(provider, {
      Client: () => void overridden.push('Client'),
      AccessToken: () => void overridden.push('AccessToken'),
    });
    assert.deepEqual(overridden, []);
    const { Client } = provider;
    assert.deepEqual(overridden, ['Client']);
    assert.equal(modelsOf(provider).Client, Client);
    assert.ok('issue' in modelsOf(provider).IdToken.prototype);
    assert.deepEqual(overridden, ['Client']);
  });

  it('leaves the classes of another provider alone', async () => {
    const [one, other] = [await makeProvider(), await makeProvider()];
    overrideModels(one, {
      ReplayDetection: () => {
        modelsOf(one).ReplayDetection.unique = () => Promise.resolve(false);
      },
    });
    overrideModels(other, {});
    assert.equal(await modelsOf(one).ReplayDetection.unique('issuer', 'jti', 0), false);
    assert.notEqual(modelsOf(other).ReplayDetection.unique, modelsOf(one).ReplayDetection.unique);
  });

  it('hands out no class that could not be overridden, however often it is asked', async () => {
    const provider = await makeProvider();
    overrideModels(provider, {
      Client: () => {
        throw new Error('not this time');
      },
    });
    for (const attempt of [1, 2]) assert.throws(() => provider.Client, /not this time/, String(attempt));
  });
});

describe('modelsOf', () => {
  it('refuses an engine of another shape', async () => {
    const provider = await makeProvider();
    Object.setPrototypeOf(provider, Object.prototype);
    assert.throws(() => modelsOf(provider), { code: 'internal' });
  });
});
