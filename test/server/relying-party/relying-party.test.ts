import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLoopbackFetch } from '../../../server/relying-party/loopback-fetch.ts';
import { createRelyingParty } from '../../../server/relying-party/relying-party.ts';
import type { RelyingApplication } from '../../../server/relying-party/application.ts';

const issuer = 'https://acme.id.example/acme/bank';
const application: RelyingApplication = {
  place: 'acme/bank',
  issuer,
  nameIn: () => 'Demo Bank',
  clientId: 'demo',
  clientSecret: 's',
  postsSecret: false,
  pushes: false,
  scopes: ['openid', 'profile'],
  startUri: `${issuer}/demo`,
  redirectUri: `${issuer}/demo/callback`,
};
const everything = { offline: true, consent: true, silent: true, maxAge: undefined };

describe('createRelyingParty behind a proxy that ends TLS', () => {
  let server: Server;
  let base: string;
  let claimedIssuer = issuer;
  const seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];

  before(async () => {
    server = createServer((req, res) => {
      seen.push({ url: req.url, headers: req.headers });
      const host = `http://${String(req.headers.host)}/acme/bank`;
      res.setHeader('content-type', 'application/json');
      res.end(
        JSON.stringify({ issuer: claimedIssuer, authorization_endpoint: `${host}/auth`, jwks_uri: `${host}/jwks` }),
      );
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('asks the listening address under the public name, and sends the browser to the public address', async () => {
    const party = createRelyingParty({ fetch: createLoopbackFetch(base), now: () => 0 });
    const { location } = await party.begin(application, { ...everything, silent: false });
    assert.equal(seen[0]?.url, '/acme/bank/.well-known/openid-configuration');
    assert.equal(seen[0].headers.host, 'acme.id.example');
    assert.equal(seen[0].headers['x-forwarded-proto'], 'https');
    assert.match(location, /^https:\/\/acme\.id\.example\/acme\/bank\/auth\?/);
    assert.equal(new URL(location).searchParams.get('scope'), 'openid profile offline_access');
    assert.equal(new URL(location).searchParams.get('redirect_uri'), `${issuer}/demo/callback`);
  });

  it('sends prompt=none alone (OIDC Core §3.1.2.1)', async () => {
    const party = createRelyingParty({ fetch: createLoopbackFetch(base), now: () => 0 });
    const { location } = await party.begin(application, everything);
    assert.equal(new URL(location).searchParams.get('prompt'), 'none');
  });

  it('does not talk to an issuer that names itself otherwise (OIDC Discovery §4.3)', async () => {
    claimedIssuer = 'https://evil.example';
    const party = createRelyingParty({ fetch: createLoopbackFetch(base), now: () => 0 });
    await assert.rejects(party.begin(application, everything));
    claimedIssuer = issuer;
  });
});
