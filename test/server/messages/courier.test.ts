/** What a failure of a provider means, and what may be said of it. */
import assert from 'node:assert/strict';
import { createCourier } from '../../../server/messages/courier.ts';

const mail = { channel: 'mail', to: 'ada@example.com', subject: 's', text: 't' } as const;
const sms = { channel: 'sms', to: '+442079460958', text: 't' } as const;

const answers = async (members: object, letter: typeof mail | typeof sms) => {
  const send = () => Promise.reject(Object.assign(new Error('ada@example.com'), members));
  return createCourier({ mail: { send }, sms: { send } }).send(letter);
};

describe('createCourier', () => {
  it('gives an address up that its server refuses for good (RFC 5321 §4.2.1), and no other', async () => {
    assert.deepEqual(await answers({ code: 'EENVELOPE', responseCode: 550 }, mail), {
      kind: 'refused',
      reason: 'smtp_550',
    });
    assert.deepEqual(await answers({ code: 'EENVELOPE', responseCode: 421 }, mail), {
      kind: 'failed',
      reason: 'smtp_421',
    });
    // Our own password is wrong: that says nothing of the address.
    assert.deepEqual(await answers({ code: 'EAUTH', responseCode: 535 }, mail), { kind: 'failed', reason: 'smtp_535' });
    assert.deepEqual(await answers({ code: 'ECONNECTION' }, mail), { kind: 'failed', reason: 'ECONNECTION' });
  });

  it('tries a provider of texts again unless it refuses this text', async () => {
    for (const status of [401, 403, 408, 429, 500, 503])
      assert.deepEqual(await answers({ status }, sms), { kind: 'failed', reason: `sms_${String(status)}` });
    for (const status of [400, 404, 422])
      assert.deepEqual(await answers({ status }, sms), { kind: 'refused', reason: `sms_${String(status)}` });
  });

  it('repeats nothing that could name somebody', async () => {
    assert.deepEqual(await answers({ code: 'no ada@example.com' }, mail), { kind: 'failed', reason: 'unknown' });
    assert.deepEqual(await answers({ status: 'ada@example.com' }, sms), { kind: 'failed', reason: 'unknown' });
  });
});
