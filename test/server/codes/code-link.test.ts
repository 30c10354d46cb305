/** Where links in messages lead, whatever the names in them are. */
import assert from 'node:assert/strict';
import { linkTo } from '../../../server/codes/code-link.ts';
import { poolId, tenantId } from '../../../server/kernel/ids.ts';

describe('linkTo', () => {
  it('names the page, the code and what was given, each in its place', () => {
    const place = { origin: 'https://acme.id.example', tenantId: tenantId('acme'), poolId: poolId('a/../b') };
    const link = linkTo('activate', place, 'YTox+/=', {
      server_id: 'shop',
      go_to: undefined,
      post_activation_url: 'https://a.example/?x=1&y',
    });
    const { pathname, searchParams } = new URL(link);
    assert.equal(pathname, '/acme/identity/a%2F..%2Fb/activate');
    assert.deepEqual(
      [...searchParams],
      [
        ['code', 'YTox+/='],
        ['server_id', 'shop'],
        ['post_activation_url', 'https://a.example/?x=1&y'],
      ],
    );
  });
});
