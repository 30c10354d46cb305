/** Device cookies: good for one person, and nobody can make one. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import express from 'express';
import {
  createDeviceCookies,
  createDeviceJar,
  pathOfPool,
  personKeyOf,
} from '../../../server/interactions/device-cookie.ts';
import { poolId, tenantId } from '../../../server/kernel/ids.ts';
import { serve } from '../../support/serve.ts';

describe('createDeviceCookies', () => {
  const devices = createDeviceCookies(randomBytes(32));

  it('knows the device again for the person it was issued for', () => {
    const cookie = devices.issue('pwd:pool:ada');
    assert.equal(devices.verify(cookie, 'pwd:pool:ada'), cookie.split('.')[0]);
  });

  it('says nothing for another person, a changed value, a foreign key or no value', () => {
    const cookie = devices.issue('pwd:pool:ada');
    assert.equal(devices.verify(cookie, 'pwd:pool:bob'), undefined);
    assert.equal(devices.verify(`x${cookie}`, 'pwd:pool:ada'), undefined);
    assert.equal(createDeviceCookies(randomBytes(32)).verify(cookie, 'pwd:pool:ada'), undefined);
    assert.equal(devices.verify(undefined, 'pwd:pool:ada'), undefined);
    assert.equal(devices.verify('', 'pwd:pool:ada'), undefined);
  });
});

describe('createDeviceJar', () => {
  for (const [https, name] of [
    [true, '__Secure-gatehouse_device'],
    [false, 'gatehouse_device'],
  ] as const)
    it(`has ${name} said under one path, to this host alone, and to no script`, async () => {
      const jar = createDeviceJar({ https });
      const pool = { tenantId: tenantId('acme'), id: poolId('staff') };
      const app = express().get('/', (req, res) => {
        jar.remember(res, pathOfPool(pool), 'value');
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

  it('knows a person by the pool and their id, and nobody by what was typed', () => {
    assert.notEqual(personKeyOf('staff', 'ada', ''), personKeyOf('others', 'ada', ''));
    assert.equal(personKeyOf('staff', 'ada', 'ada@example.com'), personKeyOf('staff', 'ada', 'another name'));
    assert.notEqual(personKeyOf('staff', undefined, 'ada'), personKeyOf('staff', 'ada', 'ada'));
  });
});
