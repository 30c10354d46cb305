/** Origins of a workspace's applications: spelled as browsers spell them, asked once in a while, and nothing else. */
import assert from 'node:assert/strict';
import { createClientOrigins, isWebOrigin } from '../../../server/clients/client-origins.ts';
import { tenantId, workspaceId } from '../../../server/kernel/ids.ts';

const [acme, shop, bank] = [tenantId('acme'), workspaceId('shop'), workspaceId('bank')];

describe('isWebOrigin', () => {
  it('takes what a browser sends of a page of the web (RFC 6454 §6.2)', () => {
    for (const origin of [
      'https://app.example',
      'http://localhost:5173',
      'https://[::1]:8443',
      'https://xn--bcher-kva.example',
    ])
      assert.equal(isWebOrigin(origin), true, origin);
  });

  it('takes nothing else', () => {
    for (const origin of [
      'null',
      '',
      '*',
      'file://',
      'https://app.example/',
      'https://APP.example',
      'https://app.example:443',
      'https://user@app.example',
      'https://app.example https://evil.example',
      'https://app.example, https://evil.example',
      'https://app.example\n',
      'com.example.app://cb',
      'javascript://app.example',
      'blob:https://app.example',
      `https://${'a'.repeat(300)}.example`,
    ])
      assert.equal(isWebOrigin(origin), false, origin);
  });
});

describe('createClientOrigins', () => {
  it('looks each up once, in its workspace, and never what is no origin', async () => {
    const asked: string[] = [];
    const origins = createClientOrigins({
      clients: {
        hasRedirectAt(tenant, workspace, origin) {
          asked.push(`${tenant}/${workspace} ${origin}`);
          return Promise.resolve(workspace === shop);
        },
      },
    });
    assert.equal(origins.recall(acme, shop, 'https://app.example'), undefined);
    assert.equal(await origins.find(acme, shop, 'https://app.example'), true);
    assert.equal(await origins.find(acme, bank, 'https://app.example'), false);
    assert.equal(origins.recall(acme, shop, 'https://app.example'), true);
    assert.equal(origins.recall(acme, bank, 'https://app.example'), false);
    assert.equal(origins.recall(acme, shop, 'null'), false);
    assert.equal(await origins.find(acme, shop, 'null'), false);
    assert.deepEqual(asked, ['acme/shop https://app.example', 'acme/bank https://app.example']);
  });
});
