/** The page that asks for a factor: where it stands, in which language, for whom. */
import assert from 'node:assert/strict';
import { createAskingPages } from '../../../server/interactions/asking-page.ts';
import { tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { authorizationRequest } from '../../support/interactions.ts';
import { clientOf, workspaceOf } from '../../support/stores.ts';

describe('createAskingPages', () => {
  const acme = tenantId('acme');
  const asking = createAskingPages({ locales: ['en', 'pt'], originOf: (tenant) => `https://${tenant}.id.example` });
  const visit = (uiLocales?: string) => ({
    workspace: workspaceOf(acme),
    client: clientOf(acme, workspaceId('shop'), 'app', { client_name: 'The shop' }),
    request: authorizationRequest({ uiLocales }),
  });

  it('names the tenant’s own origin, which a browser’s proof has to name, and the application', () => {
    assert.deepEqual(asking(visit(), 'en', 'n'), {
      nonce: 'n',
      origin: 'https://acme.id.example',
      locale: 'en',
      applicationName: 'The shop',
    });
  });

  it('speaks as the application wishes, and else as the browser does (OIDC Core §3.1.2.1)', () => {
    assert.equal(asking(visit('pt'), 'en', 'n').locale, 'pt');
    assert.equal(asking(visit(), 'pt-BR', 'n').locale, 'pt');
  });
});
