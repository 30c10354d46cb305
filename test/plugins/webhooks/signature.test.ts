/** Signatures as Standard Webhooks has them. */
import assert from 'node:assert/strict';
import { newSigningSecret, signatureHeaders } from '../../../plugins/webhooks/signature.ts';

/** The example of the specification's own libraries. */
const example = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  message: { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1_614_265_330_000, body: '{"test": 2432232314}' },
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe('signatureHeaders', () => {
  it('signs as the specification’s example does', () => {
    assert.deepEqual(signatureHeaders(example.message, [{ secret: example.secret }]), {
      'webhook-id': example.message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': example.signature,
    });
  });

  it('signs with the secret before beside the new one until its time is over, and not a moment longer', () => {
    const secret = newSigningSecret();
    const until = (at: number) =>
      signatureHeaders(example.message, [{ secret }, { secret: example.secret, until: at }])['webhook-signature'] ?? '';
    const both = until(example.message.at + 1).split(' ');
    assert.deepEqual([both.length, both[1]], [2, example.signature]);
    assert.equal(until(example.message.at).split(' ').length, 1);
  });

  it('depends on the id, the time and the body', () => {
    const of = (changes: object) =>
      signatureHeaders({ ...example.message, ...changes }, [{ secret: example.secret }])['webhook-signature'];
    for (const changes of [{ id: 'other' }, { at: example.message.at + 1000 }, { body: '{}' }])
      assert.notEqual(of(changes), example.signature);
  });
});

describe('newSigningSecret', () => {
  it('is 32 random bytes behind the prefix that scanners look for', () => {
    const one = newSigningSecret();
    assert.match(one, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.notEqual(one, newSigningSecret());
  });
});
