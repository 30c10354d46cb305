/** What a client may ask the authorization endpoint for. */
import assert from 'node:assert/strict';
import { fitsGrants, registeredTypes, usedTypes } from '../../../server/clients/response-types.ts';

const web = { grant_types: ['authorization_code', 'refresh_token'] };
const machine = { grant_types: ['client_credentials'] };

describe('registeredTypes', () => {
  it('leaves out what nobody serves beside what somebody does, and all of it for a machine', () => {
    assert.deepEqual(registeredTypes(['token', 'code'], web), ['code']);
    assert.deepEqual(registeredTypes(['token'], machine), []);
  });

  it('keeps what is all that an application with a browser asks for: it is refused by name', () => {
    for (const metadata of [web, {}, { grant_types: ['implicit'] }])
      assert.deepEqual(registeredTypes(['token'], metadata), ['token']);
  });

  it('takes words in whatever order for the same response type, and once', () => {
    assert.deepEqual(registeredTypes(['id_token code', 'code id_token', 'code'], web), ['code id_token', 'code']);
  });
});

describe('usedTypes', () => {
  it('are those that the grant types have room for', () => {
    assert.deepEqual(usedTypes({}), ['code']);
    assert.deepEqual(usedTypes({ ...web, response_types: ['code', 'code id_token', 'id_token'] }), ['code']);
    assert.deepEqual(usedTypes({ grant_types: ['implicit'], response_types: ['code', 'id_token'] }), ['id_token']);
    assert.deepEqual(usedTypes({ ...machine, response_types: ['code', 'token'] }), []);
    assert.deepEqual(usedTypes({ ...web, response_types: ['token'] }), ['token']);
  });
});

describe('fitsGrants', () => {
  it('asks for both grant types where both are answered (OIDC Core §3.3)', () => {
    assert.equal(fitsGrants('code id_token', ['authorization_code']), false);
    assert.equal(fitsGrants('code id_token', ['implicit']), false);
    assert.equal(fitsGrants('code id_token', ['implicit', 'authorization_code']), true);
  });
});
