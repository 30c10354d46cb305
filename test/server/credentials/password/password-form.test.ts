/** What a hash from elsewhere costs, without being anybody's. */
import assert from 'node:assert/strict';
import { parseForeignHash } from '../../../../server/credentials/password/foreign-hash.ts';
import { formFor, formOf } from '../../../../server/credentials/password/password-form.ts';

const hashes = [
  '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  '$pbkdf2-sha256$i=1000,l=32$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$pbkdf2-sha256$1000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk',
  '$scrypt$ln=4,r=8,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$sha256$o=sp$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
];

describe('formOf', () => {
  for (const hash of hashes)
    it(`keeps what ${hash.slice(0, hash.indexOf('$', 1) + 1)} costs, and neither salt nor digest`, async () => {
      const form = formOf(hash);
      assert.ok(form !== undefined);
      assert.equal(form.length, hash.length);
      const [cost, digest] = [hash.slice(0, 7), hash.slice(-20)];
      assert.ok(form.startsWith(cost) && !form.includes(digest));
      assert.equal(formOf(form), form, 'of a form, itself');
      const matches = parseForeignHash(form);
      assert.ok(matches !== undefined, form);
      for (const password of ['', 'U*U', 'password']) assert.equal(await matches(password), false);
    });

  it('is one for all hashes that were made alike', () => {
    const [one, other] = ['c29tZXNhbHQ', 'b3RoZXJzYWx0'.slice(0, 11)].map((salt) =>
      formOf(`$sha256$${salt}$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc`),
    );
    assert.equal(one, other);
  });

  it('is none of a hash of our own, and of what is no hash', () => {
    assert.equal(formOf('$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y'), undefined);
    assert.equal(formOf(''), undefined);
    assert.equal(formOf('correct horse battery staple'), undefined);
  });
});

describe('formFor', () => {
  it('is the same for the same person every time, and each of several for somebody', () => {
    const forms = ['a', 'b', 'c'];
    const people = Array.from({ length: 60 }, (_, n) => `person ${String(n)}`);
    const drawn = people.map((who) => formFor(forms, who));
    assert.deepEqual(new Set(drawn), new Set(forms));
    assert.deepEqual(
      people.map((who) => formFor(forms, who)),
      drawn,
    );
    assert.equal(formFor([], 'ada'), undefined);
    assert.equal(formFor(['only'], 'ada'), 'only');
  });
});
