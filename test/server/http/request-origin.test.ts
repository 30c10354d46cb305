/** What audit events say of the request that caused them. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { readClientAddress } from '../../../server/http/client-address.ts';
import { noteCaller, noteOrigin, requestOrigin } from '../../../server/http/request-origin.ts';
import { trace } from '../../../server/http/trace.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { serve, type Served } from '../../support/serve.ts';

describe('requestOrigin', () => {
  let served: Served;
  before(async () => {
    const app = express();
    app.use(trace, readClientAddress(['127.0.0.1']), noteOrigin);
    app.get('/:client', async (req, res) => {
      const place = { tenantId: tenantId('t'), workspaceId: workspaceId('w'), scopes: [] };
      noteCaller({ ...place, clientId: clientId(req.params.client), subject: `of ${req.params.client}` });
      await sleep(5);
      res.json(requestOrigin());
    });
    app.get('/', (_req, res) => {
      res.json(requestOrigin());
    });
    served = await serve(app);
  });
  after(() => served.close());

  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> =>
    (await fetch(`${served.origin}${path}`, { headers })).json();
  const id = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${id}-00f067aa0ba902b7-01`;

  it('names who asked, from where and with what', async () => {
    const headers = { traceparent, 'x-forwarded-for': '192.0.2.7', 'user-agent': 'curl/8' };
    assert.deepEqual(await ask('/app', headers), {
      ip: '192.0.2.7',
      user_agent: 'curl/8',
      client_id: 'app',
      subject: 'of app',
      trace_id: id,
    });
  });

  it('names nobody where nobody proved who they are, and bounds what they say of themselves', async () => {
    const headers = { traceparent, 'x-forwarded-for': '192.0.2.7', 'user-agent': 'x'.repeat(5000) };
    assert.deepEqual(await ask('/', headers), { ip: '192.0.2.7', user_agent: 'x'.repeat(512), trace_id: id });
  });

  it('takes no request for another that goes on beside it', async () => {
    const clients = Array.from({ length: 20 }, (_, index) => `c${String(index)}`);
    const answers = await Promise.all(clients.map((client) => ask(`/${client}`)));
    assert.deepEqual(
      answers.map((answer) => (answer as { client_id: string }).client_id),
      clients,
    );
  });

  it('knows nothing outside of requests', () => {
    assert.deepEqual(requestOrigin(), {});
    noteCaller({
      tenantId: tenantId('t'),
      workspaceId: workspaceId('w'),
      clientId: clientId('c'),
      scopes: [],
    });
    assert.deepEqual(requestOrigin(), {});
  });
});
