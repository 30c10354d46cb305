import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createPasswordHasher, type Argon2 } from '../../../../server/credentials/password/hasher.ts';
import { formOf } from '../../../../server/credentials/password/password-form.ts';
import { isPlatformError } from '../../../../server/kernel/errors.ts';

/** How the hashes begin that are made here. */
const own = '$argon2id$v=19$m=19456,t=2,p=1$';

const plain = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

/** Counts instead of hashing; a hash shows what it was made from. */
function createCountingArgon2() {
  const calls: string[] = [];
  const argon2: Argon2 = {
    hash: (password) => {
      calls.push('hash');
      return Promise.resolve(`${own}${password}`);
    },
    verify: (hash, password) => {
      calls.push('verify');
      return Promise.resolve(hash === `${own}${password}`);
    },
  };
  return { calls, argon2 };
}

describe('createPasswordHasher', () => {
  it('hashes with argon2id, 19 MiB and two passes, and a salt of its own each time', async () => {
    const hasher = createPasswordHasher();
    const hash = await hasher.hash('correct horse');
    assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.notEqual(await hasher.hash('correct horse'), hash);
    assert.equal(await hasher.verify(hash, 'correct horse'), true);
    assert.equal(await hasher.verify(hash, 'Correct horse'), false);
    assert.equal(await hasher.verify(undefined, 'correct horse'), false);
    assert.equal(await hasher.verify(undefined, ''), false);
  });

  describe('verify', () => {
    const longest = 'x'.repeat(1024);
    const salt = Buffer.from('some salt');
    const digest = createHash('sha256').update('correct horse').update(salt).digest();
    const salted = `$sha256$${plain(salt)}$${plain(digest)}`;
    const attempts = [
      ['a known person, the right password', `${own}right`, 'right', true],
      ['a known person, a wrong password', `${own}right`, 'wrong', false],
      ['an unknown person', undefined, 'right', false],
      ['what is no hash', '$2b$12$right', 'right', false],
      ['a hash of another making, the right password', salted, 'correct horse', true],
      ['a hash of another making, a wrong password', salted, 'correct-horse', false],
      ['argon2id at another cost', `$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA`, 'right', false],
      ['the longest password', `${own}${longest}`, longest, true],
      ['a password that is too long, of a known person', `${own}${longest}x`, `${longest}x`, false],
      ['a password that is too long, of an unknown person', undefined, `${longest}x`, false],
      ['a password that is too long in bytes alone', `${own}${'ü'.repeat(513)}`, 'ü'.repeat(513), false],
    ] as const;

    for (const [who, hash, password, expected] of attempts) {
      it(`costs one argon2 for ${who}`, async () => {
        const { calls, argon2 } = createCountingArgon2();
        const hasher = createPasswordHasher({ argon2 });
        // The decoy is made once, before anybody comes.
        assert.deepEqual(calls.splice(0), ['hash']);
        assert.equal(await hasher.verify(hash, password), expected);
        assert.deepEqual(calls, ['verify']);
      });
    }

    it('costs for whoever is wrong what a hash of the pool’s form costs, and no more for who is right', async () => {
      const form = formOf(salted);
      assert.ok(form !== undefined && form !== salted);
      const cost = async (hash: string | undefined, password: string) => {
        const { calls, argon2 } = createCountingArgon2();
        const parse = (text: string) => () => {
          calls.push(formOf(text) ?? 'own');
          return Promise.resolve(text === salted && password === 'correct horse');
        };
        const hasher = createPasswordHasher({ argon2, parse });
        calls.length = 0;
        return [await hasher.verify(hash, password, form), ...calls];
      };
      for (const hash of [undefined, `${own}right`, salted])
        assert.deepEqual(await cost(hash, 'wrong'), [false, 'verify', form], String(hash));
      assert.deepEqual(await cost(salted, 'correct horse'), [true, 'verify', form]);
      assert.deepEqual(await cost(`${own}right`, 'right'), [true, 'verify']);
      assert.deepEqual(await cost(undefined, 'x'.repeat(1025)), [false, 'verify', form]);
    });

    it('knows what is its own: what another cost made is made anew', () => {
      const { isOwn } = createPasswordHasher();
      assert.equal(isOwn(`${own}c29tZXNhbHQ$AAAA`), true);
      for (const other of ['$argon2id$v=19$m=65536,t=2,p=1$', '$argon2i$v=19$m=19456,t=2,p=1$', salted])
        assert.equal(isOwn(other), false, other);
    });

    it('compares unknown people with a hash of the same parameters', async () => {
      const stored: string[] = [];
      const real = createPasswordHasher();
      const hasher = createPasswordHasher({
        argon2: {
          hash: (password) => real.hash(password),
          verify: (hash) => {
            stored.push(hash);
            return Promise.resolve(true);
          },
        },
      });
      assert.equal(await hasher.verify(undefined, 'x'), false);
      assert.match(stored[0] ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    });
  });

  it('refuses to hash a password of more than 1024 bytes', async () => {
    const { argon2 } = createCountingArgon2();
    const hasher = createPasswordHasher({ argon2 });
    await assert.rejects(hasher.hash('ü'.repeat(513)), (error) => isPlatformError(error, 'unprocessable_entity'));
    assert.equal(await hasher.hash('ü'.repeat(512)), `${own}${'ü'.repeat(512)}`);
  });

  it('works on so many at once, known and unknown alike, and tells the others to come back', async () => {
    let running = 0;
    let most = 0;
    const hasher = createPasswordHasher({
      concurrency: 3,
      waiting: 5,
      argon2: {
        hash: () => Promise.resolve(`${own}decoy`),
        verify: async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return false;
        },
      },
    });
    const asked = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => hasher.verify(n % 2 === 0 ? `${own}x` : undefined, 'x')),
    );
    assert.equal(most, 3);
    const refused = asked.filter((one) => one.status === 'rejected');
    assert.equal(refused.length, 12);
    for (const { reason } of refused) assert.ok(isPlatformError(reason, 'unavailable'));
  });
});
