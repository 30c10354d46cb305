import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  readSignInSession,
  signInSessionMs,
  writeSignInSession,
  type SignInSession,
} from '../../../server/relying-party/sign-in-session.ts';

const now = 1_700_000_000_000;
const session: SignInSession = {
  clientId: `account-${'a'.repeat(40)}`,
  subject: 's'.repeat(64),
  grantId: 'g'.repeat(43),
  name: 'Ada Lovelace',
  idToken: 'e30.e30.c2ln',
  until: now + signInSessionMs,
};

describe('the session of an application of ours', () => {
  it('is read as it was written, until it is over', () => {
    const text = writeSignInSession(session);
    assert.deepEqual(readSignInSession(text, now), session);
    assert.equal(readSignInSession(text, session.until), undefined);
  });

  it('fits into a cookie whatever its ID token and its person are called, without the hint if it has to', () => {
    const long = { ...session, name: 'Ж'.repeat(5000), idToken: randomBytes(4000).toString('base64url') };
    const text = writeSignInSession(long);
    // Sealed, it is base64 of as many bytes and fewer than a hundred more; its name and attributes come on top.
    assert.ok(Math.ceil(((Buffer.byteLength(text) + 100) * 4) / 3) < 3800, String(Buffer.byteLength(text)));
    const { idToken: _hint, ...others } = session;
    assert.deepEqual(readSignInSession(text, now), { ...others, name: 'Ж'.repeat(100) });
    const longest = writeSignInSession({ ...long, idToken: 'i'.repeat(2000) });
    assert.ok(Math.ceil(((Buffer.byteLength(longest) + 100) * 4) / 3) < 3800, String(Buffer.byteLength(longest)));
  });
});
