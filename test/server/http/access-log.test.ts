/** One line a request, and nothing secret in it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import express from 'express';
import { accessLog } from '../../../server/http/access-log.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';

describe('accessLog', () => {
  const { log, lines } = recordingLog();

  async function asked(path: string, ask: (served: Awaited<ReturnType<typeof serve>>) => Promise<unknown>) {
    const app = express();
    app.use(accessLog(log));
    const closed = Promise.withResolvers<unknown>();
    app.get(path, (_req, res) => {
      closed.resolve(once(res, 'close'));
      if (path !== '/never') res.status(201).end();
    });
    const served = await serve(app);
    try {
      await ask(served);
      await closed.promise;
    } finally {
      await served.close();
    }
  }

  it('writes method, route, status and duration', async () => {
    await asked('/:tid/:aid/login/:uid', (served) => served.ask('/acme/shop/login/7d1f?code=secret'));
    assert.equal(lines.length, 1);
    const { ms, ...fields } = lines[0]?.fields ?? {};
    assert.equal(typeof ms, 'number');
    assert.deepEqual(fields, { method: 'GET', route: '/:tid/:aid/login/:uid', status: 201 });
    assert.doesNotMatch(JSON.stringify(lines), /secret|7d1f/);
  });

  it('says when the caller did not wait', async () => {
    await asked('/never', async (served) => {
      const hasty = fetch(`${served.origin}/never`, { signal: AbortSignal.timeout(100) });
      await assert.rejects(hasty);
    });
    assert.equal(lines.at(-1)?.fields['aborted'], true);
  });

  it('is silent about /alive', async () => {
    const before = lines.length;
    await asked('/alive', (served) => served.ask('/alive'));
    assert.equal(lines.length, before);
  });
});
