/** What the clients of a workspace are asked for: there are those of one kind. */
import assert from 'node:assert/strict';
import { asksForOthers, clientListQuery } from '../../../server/clients/client-list.body.ts';

describe('the query of a list of clients', () => {
  const asks = (query: object): boolean => asksForOthers(clientListQuery.parse(query));

  it('finds all of them by the kind that they are of', () => {
    for (const query of [
      {},
      { type: 'internal', client_types: 'oauth2' },
      { type: '', client_types: '' },
      { client_types: 'saml,oauth2' },
    ])
      assert.equal(asks(query), false, JSON.stringify(query));
  });

  it('finds none of another kind', () => {
    assert.ok(asks({ type: 'third_party' }));
    assert.ok(asks({ client_types: 'saml' }));
  });

  it('is refused where it asks for what they were registered as', () => {
    assert.equal(clientListQuery.safeParse({ application_types: 'web' }).success, false);
    assert.ok(clientListQuery.safeParse({ application_types: '' }).success);
  });
});
