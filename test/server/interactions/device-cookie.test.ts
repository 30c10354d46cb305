/** Device cookies: good for one person, and nobody can make one. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createDeviceCookies, pathOfPool, personKeyOf } from '../../../server/interactions/device-cookie.ts';
import { poolId, tenantId } from '../../../server/kernel/ids.ts';

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

describe('personKeyOf', () => {
  it('knows a person by the pool and their id, and nobody by what was typed', () => {
    assert.notEqual(personKeyOf('staff', 'ada', ''), personKeyOf('others', 'ada', ''));
    assert.equal(personKeyOf('staff', 'ada', 'ada@example.com'), personKeyOf('staff', 'ada', 'another name'));
    assert.notEqual(personKeyOf('staff', undefined, 'ada'), personKeyOf('staff', 'ada', 'ada'));
  });
});

describe('pathOfPool', () => {
  it('is that of its pages', () => {
    assert.equal(pathOfPool({ tenantId: tenantId('acme'), id: poolId('staff') }), '/acme/identity/staff');
  });
});
