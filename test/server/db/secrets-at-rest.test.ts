import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSealer } from '../../../server/db/secrets-at-rest.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';

const closed = (error: unknown) => isPlatformError(error, 'internal');

describe('createSealer', () => {
  const sealer = createSealer(randomBytes(32));
  const context = 'clients.secret:acme:web';

  for (const text of ['', 'secret', 'ключ 🔑', 'x'.repeat(100_000)]) {
    it(`opens what it sealed (${String(text.length)} characters)`, () => {
      const sealed = sealer.seal(text, context);
      assert.match(sealed, /^v1\.[A-Za-z0-9_-]+$/);
      assert.equal(sealer.open(sealed, context), text);
    });
  }

  it('seals the same text differently each time', () => {
    assert.equal(new Set(Array.from({ length: 100 }, () => sealer.seal('secret', context))).size, 100);
  });

  it('refuses a value moved to another row, tenant or column', () => {
    const sealed = sealer.seal('secret', context);
    for (const elsewhere of ['clients.secret:acme:other', 'clients.secret:evil:web', 'signing-keys.jwk:acme:web', '']) {
      assert.throws(() => sealer.open(sealed, elsewhere), closed);
    }
  });

  it('refuses a value sealed under another master key', () => {
    assert.throws(() => createSealer(randomBytes(32)).open(sealer.seal('secret', context), context), closed);
  });

  it('refuses a value of which any one byte was changed', () => {
    const bytes = Buffer.from(sealer.seal('secret', context).slice(3), 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      assert.throws(() => sealer.open(`v1.${changed.toString('base64url')}`, context), closed);
    }
  });

  it('refuses a value cut short, also down to a shorter tag', () => {
    const bytes = Buffer.from(sealer.seal('secret', context).slice(3), 'base64url');
    for (let length = 0; length < bytes.length; length += 1) {
      assert.throws(() => sealer.open(`v1.${bytes.subarray(0, length).toString('base64url')}`, context), closed);
    }
  });

  it('refuses text that is not sealed, and versions it does not know', () => {
    const sealed = sealer.seal('secret', context);
    for (const text of ['', 'secret', `v2.${sealed.slice(3)}`, sealed.slice(3), 'v1.']) {
      assert.throws(() => sealer.open(text, context), closed);
    }
  });

  it('refuses keys that are not 32 bytes long', () => {
    for (const length of [0, 16, 31, 33]) assert.throws(() => createSealer(new Uint8Array(length)), closed);
  });

  it('tells nothing of the text or the key when it fails', () => {
    try {
      sealer.open(sealer.seal('very-secret', context), 'clients.secret:acme:other');
      assert.fail('opened');
    } catch (error) {
      assert.ok(error instanceof Error);
      assert.equal(error.message, 'A stored secret cannot be opened.');
    }
  });
});
