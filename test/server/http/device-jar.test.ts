/** The cookie by which a browser is known: whom it is sent to, and who may read it. */
import assert from 'node:assert/strict';
import express from 'express';
import { createDeviceJar } from '../../../server/http/device-jar.ts';
import { serve } from '../../support/serve.ts';

describe('createDeviceJar', () => {
  for (const [https, name] of [
    [true, '__Secure-gatehouse_device'],
    [false, 'gatehouse_device'],
  ] as const)
    it(`has ${name} said under one path, to this host alone, and to no script`, async () => {
      const jar = createDeviceJar({ https });
      const app = express().get('/', (req, res) => {
        jar.remember(res, '/acme/identity/staff', 'value');
        res.json([jar.read(req)]);
      });
      const served = await serve(app);
      const answer = await served.ask('/', { headers: { cookie: `${name}=before` } });
      await served.close();
      const [first = '', ...attributes] = answer.headers['set-cookie']?.[0]?.split('; ') ?? [];
      assert.equal(first, `${name}=value`);
      const said = attributes.filter((one) => !/^(?:Max-Age|Expires)=/.test(one)).toSorted();
      assert.deepEqual(said, ['HttpOnly', 'Path=/acme/identity/staff', 'SameSite=Lax', ...(https ? ['Secure'] : [])]);
      assert.deepEqual(answer.json(), ['before']);
    });
});
