/** How a person is shown their account. */
import assert from 'node:assert/strict';
import { credentialId, poolId, tenantId } from '../../../server/kernel/ids.ts';
import { defaultSchemas } from '../../../server/schemas/default-schemas.ts';
import {
  selfUserAnswer,
  selfUserAnswerV2,
  toSelfBody,
  toSelfBodyV2,
  type SelfProfile,
} from '../../../server/self-service/self-profile.body.ts';
import { noon, poolOf, userOf } from '../../support/seeded.ts';

const tenant = tenantId('acme');
const pool = poolOf(tenant, { authenticationMechanisms: ['password', 'otp', 'webauthn'] });
const [anything, person] = defaultSchemas(tenant);
const user = userOf(tenant, poolId('people'), {
  payload: { name: 'Ada', groups: ['staff'] },
  metadata: { risk: 'high' },
});
const secret = {
  id: credentialId('c1'),
  userId: user.id,
  hash: '$argon2id$secret',
  version: 1,
  expiresAt: noon,
  state: 'must_be_changed',
  createdAt: undefined,
  updatedAt: undefined,
} as const;

function profileOf(details: Partial<SelfProfile['details']> = {}, ways: SelfProfile['ways'] = []): SelfProfile {
  assert.ok(anything !== undefined && person !== undefined);
  return {
    details: { user, identifiers: [], addresses: [], password: undefined, passkeys: [], ...details },
    pool,
    ways,
    schemas: { payload: person, metadata: anything, businessMetadata: anything },
  };
}

describe('toSelfBody', () => {
  it('is as it is declared, and shows nothing that nobody meant the person to see', () => {
    const body = selfUserAnswer.parse(toSelfBody(profileOf()));
    assert.deepEqual(body, toSelfBody(profileOf()));
    assert.deepEqual([body.payload, body.metadata, body.business_metadata], [user.payload, {}, {}]);
  });
});

describe('toSelfBodyV2', () => {
  const shown = (details: Partial<SelfProfile['details']>) => selfUserAnswerV2.parse(toSelfBodyV2(profileOf(details)));

  it('says in which state a password is, and no more of it', () => {
    const body = shown({ password: secret });
    assert.deepEqual(body, toSelfBodyV2(profileOf({ password: secret })));
    assert.ok(!JSON.stringify(body).includes('argon2'));
    const [one] = body.credentials;
    assert.deepEqual(
      [one?.type, one?.state, one?.expires_at],
      ['password', 'must_be_changed', new Date(noon).toISOString()],
    );
    // Whoever came without one, and is yet to set it, has none.
    assert.deepEqual(shown({ password: { ...secret, hash: undefined } }).credentials, []);
  });

  it('tells the ways in that people have from those that they may have', () => {
    const of = (ways: SelfProfile['ways']) => selfUserAnswerV2.parse(toSelfBodyV2(profileOf({}, ways)));
    assert.deepEqual(of([]).allowed_authentication_mechanisms, ['password', 'otp', 'webauthn']);
    assert.deepEqual(of([]).authentication_mechanisms, []);
    assert.deepEqual(of(['webauthn', 'password']).authentication_mechanisms, ['password', 'webauthn']);
    assert.deepEqual(of(['telepathy']).authentication_mechanisms, [], 'what the pool does not allow is no way in');
  });
});
