/** What a page makes of a passkey that was made on it. */
import assert from 'node:assert/strict';
import { createPasskeySetting } from '../../../../server/credentials/passkey/passkey-setting.service.ts';
import type { GivenPasskey } from '../../../../server/credentials/passkey/passkey.ts';
import { PlatformError } from '../../../../server/kernel/errors.ts';
import { tenantId, userId } from '../../../../server/kernel/ids.ts';
import { softAuthenticator } from '../../../support/authenticator.ts';
import { poolOf } from '../../../support/seeded.ts';

describe('createPasskeySetting', () => {
  const pool = poolOf(tenantId('acme'), { authenticationMechanisms: ['webauthn'] });
  const given: GivenPasskey = {
    ...{ id: 'AAAA', publicKey: 'pQ', counter: 0, transports: [], deviceType: 'singleDevice', isBackedUp: false },
    ...{ aaguid: '', name: '', attestationType: 'none', userHandle: 'AAAA' },
  };
  const page = { pool, nonce: 'n', name: 'ada', browser: 'Firefox (Windows)', isFirst: true };
  const asked: string[] = [];
  const setting = createPasskeySetting({
    pages: {
      beginRegistration: () => Promise.resolve(undefined),
      finishRegistration(_place, nonce) {
        asked.push(nonce);
        return Promise.resolve(undefined);
      },
    },
    service: { addIn: () => assert.fail('nothing was right') },
  });
  const made = JSON.stringify(
    softAuthenticator().create(
      {
        challenge: 'AAAA',
        user: { id: 'AAAA' },
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
        excludeCredentials: [],
      },
      { origin: 'http://localhost' },
    ),
  );
  const textOf = async (webauthn: string, nonce: string | undefined = 'n') => {
    const read = await setting.read({ webauthn }, { ...page, nonce });
    return read.kind === 'refused' ? read.fault.text : read.kind;
  };

  it('is on no page that nothing says whose it is of, nor where the pool has none', async () => {
    assert.equal(await setting.show({ ...page, nonce: undefined }, []), undefined);
    assert.equal(await setting.show(page, []), undefined);
  });

  it('tells nothing from what is not right, and looks at nothing without the page’s nonce', async () => {
    assert.equal(await textOf(''), 'passkey_missing');
    for (const text of ['{}', 'no JSON', made.slice(1)]) assert.equal(await textOf(text), 'passkey_refused');
    const read = await setting.read({ webauthn: made }, { ...page, nonce: undefined });
    assert.equal(read.kind, 'refused');
    assert.deepEqual(asked, []);
    assert.equal(await textOf(made), 'passkey_refused');
    assert.deepEqual(asked, ['n']);
  });

  it('says of one that is not taken that it is refused, and nothing of any other failure', async () => {
    const right = createPasskeySetting({
      pages: {
        beginRegistration: () => Promise.resolve(undefined),
        finishRegistration: () => Promise.resolve({ id: userId('ada'), passkey: given }),
      },
      service: { addIn: () => assert.fail('not written') },
    });
    const read = await right.read({ webauthn: made }, page);
    assert.ok(read.kind === 'given');
    for (const code of ['conflict', 'unprocessable_entity'] as const)
      assert.equal(read.faultIn(new PlatformError(code, 'no'))?.text, 'passkey_refused');
    for (const other of [new PlatformError('unauthorized', 'no'), new Error('no')])
      assert.equal(read.faultIn(other), undefined);
  });
});
