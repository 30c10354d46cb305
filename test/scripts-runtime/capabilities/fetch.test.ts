/** A script's requests go where its list says, each hop of them, and nowhere else. */
import assert from 'node:assert/strict';
import { scriptFetch } from '../../../scripts-runtime/capabilities/fetch.ts';
import type { NetRule } from '../../../scripts-runtime/index.ts';
import { testHost } from '../../support/scripts.ts';
import type { TestHost } from '../../support/scripts.ts';

const rule: NetRule = {
  host: 'api.example.com',
  methods: ['GET', 'POST'],
  secretHeader: { Authorization: 'Bearer ${K}' },
};
const over = new AbortController().signal;

function ask(host: TestHost, request: object, rules: readonly NetRule[] = [rule]) {
  const limits = { fetchMs: 1000, fetchBytes: 1000 };
  const whole = { method: 'GET', headers: [], redirect: 'follow', ...request };
  return scriptFetch(whole, { fetch: host.fetch, rules, secrets: { K: 'the-secret' }, limits }, over);
}

const redirect = (to: string, status = 302) => new Response(null, { status, headers: { location: to } });

describe('scriptFetch', () => {
  const refused: readonly (readonly [string, object])[] = [
    ['another host', { url: 'https://evil.example.com/' }],
    ['a host that ends alike', { url: 'https://notapi.example.com/' }],
    ['a host that begins alike', { url: 'https://api.example.com.evil.net/' }],
    ['another port', { url: 'https://api.example.com:8443/' }],
    ['another method', { url: 'https://api.example.com/', method: 'DELETE' }],
    ['plain http', { url: 'http://api.example.com/' }],
    ['a file', { url: 'file:///etc/passwd' }],
    ['credentials in the URL', { url: 'https://a:b@api.example.com/' }],
    ['another host behind credentials', { url: 'https://api.example.com@evil.example.com/' }],
    ['another host behind a backslash', { url: 'https://evil.example.com\\@api.example.com/' }],
    ['the machine itself', { url: 'https://127.0.0.1/' }],
    ['the machine itself as one number', { url: 'https://2130706433/' }],
    ['no URL', { url: 'api.example.com' }],
    ['a header with a line in it', { url: 'https://api.example.com/', headers: [['a\r\nb', 'c']] }],
  ];
  for (const [what, request] of refused) {
    it(`refuses ${what}`, async () => {
      const host = testHost();
      await assert.rejects(ask(host, request));
      assert.deepEqual(host.sent, []);
    });
  }

  it('adds the secret header itself, over one of the script', async () => {
    const host = testHost();
    await ask(host, { url: 'https://api.example.com/', headers: [['authorization', 'mine']] });
    assert.equal(host.sent[0]?.headers['authorization'], 'Bearer the-secret');
  });

  it('follows no redirect to where the list does not lead', async () => {
    const host = testHost(() => redirect('https://evil.example.com/'));
    await assert.rejects(ask(host, { url: 'https://api.example.com/' }), /not in the list/);
    assert.equal(host.sent.length, 1);
  });

  it('sends no credential along to another origin that is on the list', async () => {
    const other: NetRule = { host: 'other.example.com', methods: ['GET'] };
    const host = testHost((url) =>
      url.includes('api') ? redirect('https://other.example.com/') : new Response('there'),
    );
    await ask(host, { url: 'https://api.example.com/', headers: [['cookie', 'a=b']] }, [rule, other]);
    assert.deepEqual(host.sent[1]?.headers, {});
  });

  it('gives up on redirects that lead round and round', async () => {
    const host = testHost((url) => redirect(url));
    await assert.rejects(ask(host, { url: 'https://api.example.com/' }), /too often/);
    assert.equal(host.sent.length, 4);
  });

  it('reads no more than it may', async () => {
    const host = testHost(() => new Response('x'.repeat(1001)));
    await assert.rejects(ask(host, { url: 'https://api.example.com/' }), /more than 1000 bytes/);
  });

  it('says nothing of why an address was not reached', async () => {
    const host = testHost(() => Promise.reject(new Error('10.0.0.1 is not public')));
    await assert.rejects(ask(host, { url: 'https://api.example.com/' }), {
      message: 'the address could not be fetched',
    });
  });

  it('knows names below a name by their dot', async () => {
    const below: NetRule = { host: '*.example.com', methods: ['GET'] };
    const host = testHost();
    await ask(host, { url: 'https://a.b.example.com/' }, [below]);
    for (const url of ['https://example.com/', 'https://badexample.com/'])
      await assert.rejects(ask(host, { url }, [below]));
  });
});
