/** What follows from an endpoint’s declaration about how it refuses, and what it has to say itself. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Access, Endpoint } from '../../../server/http/endpoint.ts';
import { isHeld, refusals, refusalsOf } from '../../../server/http/refusals.ts';
import { statusOf } from '../../../server/kernel/errors.ts';
import { declaredEndpoints } from '../../support/declared-endpoints.ts';

const scope: Access = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['manage_things'] };
const body = z.object({ name: z.string() });
const made = { status: 201, description: 'the thing', body } as const;
const declared = (own: Partial<Endpoint> = {}): Endpoint => ({
  method: 'get',
  path: '/api/system/:tid/things/:id',
  operationId: 'getThing',
  tag: 'things',
  summary: 'Get a thing',
  access: scope,
  success: { status: 200, description: 'the thing', body },
  handle: () => Promise.resolve({}),
  ...own,
});
const statuses = (own: Partial<Endpoint> = {}) => refusalsOf(declared(own)).map((code) => statusOf[code]);

describe('refusalsOf', () => {
  it('says 401, 403 and 429 wherever a token is asked for, and 400 wherever something can be malformed', () => {
    assert.deepEqual(statuses({ path: '/api/system/:tid/things' }), [400, 401, 403, 429]);
  });

  it('says 404 where the call names a thing beyond where its token is from', () => {
    const names = (path: string, access: Access) => statuses({ path, access }).includes(404);
    const root: Access = { kind: 'scope', tenant: 'root', workspace: 'system', scopes: ['x'] };
    const person: Access = { kind: 'person', scopes: ['x'] };
    const inBody: Access = {
      kind: 'role',
      in: 'workspace',
      permission: 'read_clients',
      of: () => Promise.resolve(undefined),
      isInBody: true,
    };
    assert.ok(names('/api/system/:tid/things/:id', scope));
    assert.ok(!names('/api/system/:tid/things', scope));
    assert.ok(names('/api/system/tenants/:tid', root));
    assert.ok(!names('/api/system/tenants', root));
    assert.ok(!names('/:tid/:aid/self/me', person));
    assert.ok(names('/:tid/:aid/self/passkeys/:id', person));
    assert.ok(names('/api/admin/:tid/clients', inBody));
  });

  it('says nothing of what is there to who shows no token', () => {
    const access: Access = { kind: 'public', because: 'a code decides' };
    assert.deepEqual(statuses({ method: 'post', access, body }), [400, 413, 422, 429]);
    assert.deepEqual(statuses({ method: 'post', access, body, refuses: ['unauthorized'] }), [400, 401, 413, 422, 429]);
  });

  it('says 413 and 422 of a body, and 422 of what may be forced', () => {
    assert.deepEqual(statuses({ method: 'put', body }), [400, 401, 403, 404, 412, 413, 422, 429]);
    const query = z.object({ force: z.string().optional() });
    assert.deepEqual(statuses({ method: 'delete', query }), [400, 401, 403, 404, 412, 422, 429]);
  });

  it('says 409 of what makes a thing, and 412 of what changes one', () => {
    const path = '/api/system/:tid/things';
    assert.deepEqual(statuses({ method: 'post', path, body, success: made }), [400, 401, 403, 409, 413, 422, 429]);
    assert.deepEqual(statuses({ method: 'put', path, success: made }), [400, 401, 403, 412, 429]);
    assert.deepEqual(statuses({ method: 'post', path, success: made, isAction: true }), [400, 401, 403, 429]);
    assert.deepEqual(statuses({ method: 'post', path, isAction: true }), [400, 401, 403, 429]);
  });

  it('adds what the handler refuses besides, in the order of statuses', () => {
    assert.deepEqual(statuses({ refuses: ['unprocessable_entity', 'conflict'] }), [400, 401, 403, 404, 409, 422, 429]);
  });

  it('knows them in the order of statuses, each once', () => {
    const known = refusals.map(([code]) => statusOf[code]);
    assert.deepEqual(
      known,
      [...new Set(known)].sort((one, other) => one - other),
    );
  });

  it('is not told twice: no endpoint says itself what follows from the rest', () => {
    const twice = declaredEndpoints().flatMap(({ refuses = [], ...rest }) => {
      const known = refusalsOf(rest);
      return refuses.filter((code) => known.includes(code)).map((code) => `${rest.operationId}: ${code}`);
    });
    assert.deepEqual(twice, []);
  });
});

describe('isHeld', () => {
  it('holds changes, and neither what reads, makes or acts, nor what anybody may call', () => {
    for (const method of ['put', 'patch', 'delete', 'post'] as const) assert.ok(isHeld(declared({ method })), method);
    assert.ok(!isHeld(declared()));
    assert.ok(!isHeld(declared({ method: 'post', success: made })));
    assert.ok(!isHeld(declared({ method: 'post', isAction: true })));
    assert.ok(!isHeld(declared({ method: 'post', access: { kind: 'public', because: 'a code decides' } })));
  });
});
