/** What people may say of themselves, and what they are shown of what others keep of them. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { defaultSchemas } from '../../../server/schemas/default-schemas.ts';
import { ownPayload, shownMembers } from '../../../server/users/own-payload.ts';

const schema = {
  schema: {
    properties: {
      name: {},
      email: {},
      email_verified: {},
      phone_number: {},
      phone_number_verified: {},
      score: { hidden: true },
      off: true,
    },
  },
};
const verified = { normalized: 'ada@example.com', verifiedAt: 1 };
const unverified = { normalized: 'grace@example.com', verifiedAt: undefined };
const details = z.array(z.object({ pointer: z.string(), message: z.string() }));

function refused(
  stored: object,
  given: object,
  addresses: Parameters<typeof ownPayload>[3] = [verified, unverified],
): readonly string[] {
  try {
    ownPayload(schema, { ...stored }, { ...given }, addresses);
  } catch (error) {
    assert.ok(error instanceof PlatformError && error.code === 'unprocessable_entity');
    return details.parse(error.details).map(({ pointer }) => pointer);
  }
  return [];
}

describe('ownPayload', () => {
  const own = (stored: object, given: object) =>
    ownPayload(schema, { ...stored }, { ...given }, [verified, unverified]);

  it('replaces what the schema declares', () => {
    assert.deepEqual(own({ name: 'A', email: 'x@example.com' }, { name: 'B' }), { name: 'B' });
  });

  it('keeps what it does not declare, or hides, whether it is sent or not', () => {
    const stored = { name: 'A', groups: ['staff'], score: 7, off: 1 };
    assert.deepEqual(own(stored, {}), { groups: ['staff'], score: 7, off: 1 });
    assert.deepEqual(own(stored, { ...stored, groups: ['staff'] }), stored);
  });

  it('refuses what is not theirs, by its place (RFC 6901)', () => {
    assert.deepEqual(refused({}, { groups: [], score: 8, off: 2, 'a/b~c': 1 }), [
      '/payload/groups',
      '/payload/score',
      '/payload/off',
      '/payload/a~1b~0c',
    ]);
    assert.deepEqual(
      refused({}, Object.fromEntries(['__proto__', 'constructor', 'toString'].map((name) => [name, 1]))),
      ['/payload/__proto__', '/payload/constructor', '/payload/toString'],
    );
  });

  it('takes an address that the person verified, in any spelling, and says so', () => {
    for (const email of ['ada@example.com', 'Ada@Example.com']) {
      assert.deepEqual(refused({}, { email }), []);
      assert.deepEqual(refused({ email: 'old@example.com' }, { email, email_verified: true }), []);
    }
  });

  it('refuses any other: applications would take them for its owner', () => {
    for (const email of ['eve@example.com', 'grace@example.com', '', null, ['ada@example.com'], { a: 1 }])
      assert.deepEqual(
        refused({ email: 'old@example.com', email_verified: true }, { email }),
        ['/payload/email'],
        JSON.stringify(email),
      );
    assert.deepEqual(refused({}, { phone_number: '+442079460958' }), ['/payload/phone_number']);
  });

  it('refuses what only looks like it, or becomes it by a normal form (UTS #39)', () => {
    const mark = [
      { normalized: 'kim@example.com', verifiedAt: 1 },
      { normalized: 'zoë@example.com', verifiedAt: 1 },
    ];
    for (const email of [
      '\u212aim@example.com',
      'kim\uff20example.com',
      ' kim@example.com',
      'kim@example.com\n',
      'zoe\u0308@example.com',
    ])
      assert.deepEqual(refused({}, { email }, mark), ['/payload/email'], JSON.stringify(email));
    for (const email of ['Kim@example.com', 'zoë@example.com']) assert.deepEqual(refused({}, { email }, mark), []);
  });

  it('lets nobody verify an address by saying so', () => {
    const stored = { email: 'old@example.com' };
    for (const flag of [true, 'true', 1, null])
      assert.deepEqual(refused(stored, { ...stored, email_verified: flag }), ['/payload/email_verified']);
    assert.deepEqual(refused({}, { email_verified: true }), ['/payload/email_verified']);
    // Neither moves what vouched for one address to another, nor to none.
    const vouched = { ...stored, email_verified: true };
    assert.deepEqual(refused(vouched, { email: 'grace@example.com', email_verified: true }), [
      '/payload/email',
      '/payload/email_verified',
    ]);
    assert.deepEqual(refused(vouched, { email_verified: true }), ['/payload/email_verified']);
    assert.deepEqual(refused(vouched, vouched), []);
    assert.deepEqual(refused(vouched, stored), []);
    assert.deepEqual(refused(vouched, { ...stored, email_verified: false }), []);
  });

  it('lets people change all that OpenID Connect says of them, by the schema that every tenant has', () => {
    const [, user] = defaultSchemas(tenantId('acme'));
    assert.ok(user);
    const said = { name: 'Ada', locale: 'en-GB', address: { country: 'GB' } };
    assert.deepEqual(ownPayload(user, {}, said, []), said);
    assert.throws(() => ownPayload(user, {}, { roles: ['admin'] }, []));
  });
});

describe('shownMembers', () => {
  const of = (properties: object, value: object) => shownMembers({ schema: { properties } }, { ...value });

  it('shows what is declared and not hidden, in depth', () => {
    const level = { type: 'object', properties: { level: {}, score: { hidden: true } } };
    assert.deepEqual(
      of(
        { a: {}, b: { hidden: true }, c: level, d: true },
        { a: 1, b: 2, c: { level: 'x', score: 1, e: 1 }, d: 4, f: 5 },
      ),
      {
        a: 1,
        c: { level: 'x' },
      },
    );
  });

  it('shows nothing of what is not declared', () => {
    for (const schema of [{}, { properties: [] }, { properties: 7 }])
      assert.deepEqual(shownMembers({ schema }, { a: 1 }), {});
    assert.deepEqual(of({}, { constructor: 1, toString: 2 }), {});
  });
});
