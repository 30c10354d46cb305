/** The operator's cookie: sealed, short, and for /ops alone. */
import assert from 'node:assert/strict';
import express from 'express';
import { createSealer } from '../../../server/db/secrets-at-rest.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import type { Sealer } from '../../../server/kernel/sealer.ts';
import { createOperatorSessions, operatorSessionMs } from '../../../server/ops/operator-session.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

const operator = { tenantId: tenantId('acme'), allTenants: false, name: 'ops-client' };
const sealer = createSealer(Buffer.alloc(32, 1));

function start(clock: { now(): number }, https = false, seal: Sealer = sealer): Promise<Served> {
  const sessions = createOperatorSessions({ sealer: seal, clock, https });
  const app = express();
  app.get('/begin', (_req, res) => {
    sessions.begin(res, operator);
    res.end();
  });
  app.get('/end', (_req, res) => {
    sessions.end(res);
    res.end();
  });
  app.get('/find', (req, res) => {
    res.json(sessions.find(req) ?? null);
  });
  return serve(app);
}

async function begun(served: Served): Promise<{ header: string; cookie: string }> {
  const header = (await served.ask('/begin')).headers['set-cookie']?.[0] ?? '';
  return { header, cookie: header.split(';')[0] ?? '' };
}

describe('createOperatorSessions', () => {
  let now = 1_700_000_000_000;
  let served: Served;
  const find = async (cookie: string) => (await served.ask('/find', { headers: { cookie } })).json();
  before(async () => {
    served = await start({ now: () => now });
  });
  after(() => served.close());

  it('finds the operator again by the cookie', async () => {
    const { header, cookie } = await begun(served);
    assert.deepEqual(await find(`other=1; ${cookie}`), operator);
    for (const attribute of ['Path=/ops', 'HttpOnly', 'SameSite=Strict', 'Max-Age=28800'])
      assert.ok(header.includes(attribute), attribute);
    assert.ok(!header.includes('Secure'));
    assert.ok(!header.includes('ops-client') && !header.includes('acme'));
  });

  it('finds nobody without a cookie, or by one that was changed anywhere', async () => {
    const { cookie } = await begun(served);
    assert.equal(await find('a=b'), null);
    const [name = '', value = ''] = cookie.split('=');
    const sealed = decodeURIComponent(value);
    for (let at = 0; at < sealed.length; at += 3) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      assert.equal(await find(`${name}=${encodeURIComponent(changed)}`), null, String(at));
    }
    const forged = encodeURIComponent(JSON.stringify({ tenant: 'system', all: true, name: 'x', until: now * 2 }));
    assert.equal(await find(`${name}=${forged}`), null);
  });

  it('does not take a value that was sealed for another purpose, or under another key', async () => {
    const { cookie } = await begun(served);
    const [name = ''] = cookie.split('=');
    const content = JSON.stringify({ tenant: 'acme', all: true, name: 'x', until: now + 1000 });
    const elsewhere = sealer.seal(content, 'clients.secret:acme:x');
    assert.equal(await find(`${name}=${encodeURIComponent(elsewhere)}`), null);
    const otherKey = createSealer(Buffer.alloc(32, 2)).seal(content, 'ops.operator-session');
    assert.equal(await find(`${name}=${encodeURIComponent(otherKey)}`), null);
  });

  it('ends after eight hours, whatever the browser keeps', async () => {
    const { cookie } = await begun(served);
    now += operatorSessionMs - 1;
    assert.deepEqual(await find(cookie), operator);
    now += 1;
    assert.equal(await find(cookie), null);
  });

  it('is taken back from the browser', async () => {
    const header = (await served.ask('/end')).headers['set-cookie']?.[0] ?? '';
    assert.match(header, /^gatehouse-operator=;.*Path=\/ops;.*Expires=Thu, 01 Jan 1970/);
  });

  it('needs https where the origin has it (RFC 6265bis §4.1.3)', async () => {
    const secure = await start({ now: () => now }, true);
    const { header } = await begun(secure);
    await secure.close();
    assert.match(header, /^__Secure-gatehouse-operator=.*; Secure/);
  });
});
