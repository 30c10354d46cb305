/** Members that nothing here enforces: refused where they ask for something, and passed over elsewhere. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { createSchemas } from '../../../server/http/openapi-schemas.ts';
import { passedOver, unserved, unservedIn, unservedMark } from '../../../server/http/unserved.ts';

describe('a member that is not served', () => {
  const body = z.object({
    name: z.string().optional(),
    encrypted: unserved('nothing is encrypted'),
    signed: unserved('answers are not signed', (alg) => alg === 'none'),
  });

  it('is refused by name where it asks for something, and says why', () => {
    for (const value of [true, 'RSA-OAEP', ['a'], { a: 1 }, 1]) {
      const { issues = [] } = body.safeParse({ encrypted: value }).error ?? {};
      assert.deepEqual(
        issues.map(({ path, message }) => [path, message]),
        [[['encrypted'], 'nothing is encrypted']],
      );
    }
    assert.equal(body.safeParse({ signed: 'ES256' }).success, false);
  });

  it('is passed over where it asks for nothing, or for what is done anyway', () => {
    for (const value of [undefined, null, false, '', 0, [], {}, [''], { alg: '' }])
      assert.ok(body.safeParse({ encrypted: value }).success, JSON.stringify(value));
    assert.ok(body.safeParse({ signed: 'none' }).success);
  });

  it('is told from the others, also in the document of the APIs', () => {
    assert.deepEqual(unservedIn(body.shape), ['encrypted', 'signed']);
    const { properties } = createSchemas().of(body, 'input');
    const { encrypted, name } = z.record(z.string(), z.record(z.string(), z.unknown())).parse(properties);
    assert.equal(encrypted?.[unservedMark], true);
    assert.match(String(encrypted['description']), /nothing is encrypted/);
    assert.equal(name?.[unservedMark], undefined);
  });

  it('of a query is passed over, where it protects nobody', () => {
    const query = z.object({ with_demo: passedOver('there is always one') });
    assert.ok(query.safeParse({ with_demo: 'true' }).success);
    assert.deepEqual(unservedIn(query.shape), ['with_demo']);
  });
});
