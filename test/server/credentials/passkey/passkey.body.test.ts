import assert from 'node:assert/strict';
import {
  assertionBody,
  answerIn,
  credentialBody,
  givenPasskey,
  toCredentialBody,
} from '../../../../server/credentials/passkey/passkey.body.ts';
import type { Passkey } from '../../../../server/credentials/passkey/passkey.ts';
import { decoyPublicKey } from '../../../../server/credentials/passkey/public-key.ts';
import { userId } from '../../../../server/kernel/ids.ts';
import { noon } from '../../../support/seeded.ts';

const passkey: Passkey = {
  userId: userId('ada'),
  id: 'AQID_-8',
  publicKey: decoyPublicKey(),
  counter: 3,
  transports: ['usb'],
  deviceType: 'multiDevice',
  isBackedUp: true,
  aaguid: '01020304-0506-0708-0102-030405060708',
  name: 'Key',
  attestationType: 'none',
  userHandle: 'aGFuZGxl',
  createdAt: noon,
  lastUsedAt: noon,
};

describe('toCredentialBody', () => {
  it('writes a passkey by the published names, to be read again as it was', () => {
    const body = toCredentialBody(passkey);
    assert.deepEqual(body.authenticator, { AAGUID: 'AQIDBAUGBwgBAgMEBQYHCA', signCount: 3, cloneWarning: false });
    const { userId: _user, createdAt: _created, lastUsedAt: _used, ...given } = passkey;
    assert.deepEqual(givenPasskey(credentialBody.parse(body)), { ...given, userHandle: undefined });
  });

  it('reads bytes in standard base64, with padding, too', () => {
    const standard = (text: string) => Buffer.from(text, 'base64url').toString('base64');
    const read = credentialBody.parse({ id: 'AQID/+8=', publicKey: standard(passkey.publicKey) });
    assert.deepEqual([read.id, read.publicKey], [passkey.id, passkey.publicKey]);
    // The same bytes in another spelling are the same passkey, or somebody else could have it too.
    assert.equal(credentialBody.parse({ id: 'AQID_-9', publicKey: passkey.publicKey }).id, passkey.id);
    assert.equal(givenPasskey(read).aaguid, '00000000-0000-0000-0000-000000000000');
  });
});

describe('credentialBody', () => {
  it('reads the model of an authenticator as bytes and as a UUID, and nothing else', () => {
    const read = (AAGUID: string) =>
      credentialBody.safeParse({ id: 'AQID', publicKey: passkey.publicKey, authenticator: { AAGUID } });
    for (const text of ['AQIDBAUGBwgBAgMEBQYHCA==', 'AQIDBAUGBwgBAgMEBQYHCA', passkey.aaguid]) {
      const { data } = read(text);
      assert.ok(data);
      assert.equal(givenPasskey(data).aaguid, passkey.aaguid);
    }
    assert.equal(read('AQID').success, false);
  });
});

describe('answerIn', () => {
  const answer = {
    id: 'AQID',
    rawId: 'AQID',
    type: 'public-key',
    response: { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA', userHandle: null },
  };

  it('reads what a browser made, and nothing beside it', () => {
    const text = JSON.stringify({ ...answer, toJSON: 'x', clientExtensionResults: { a: 1 } });
    assert.deepEqual(answerIn(assertionBody, text), answer);
  });

  it('reads no more than a form may bring', () => {
    assert.equal(answerIn(assertionBody, JSON.stringify({ ...answer, more: 'x'.repeat(8192) })), undefined);
    assert.equal(answerIn(assertionBody, undefined), undefined);
  });
});
