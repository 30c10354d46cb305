/** What the pages of accounts ask for, by the kinds that a pool allows. */
import assert from 'node:assert/strict';
import type { CredentialKind } from '../../../server/credentials/credential-kind.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import type { Mechanism, Pool } from '../../../server/pools/pool.ts';
import { credentialsAsked, isOfferedTo } from '../../../server/self-service/account.ts';
import type { AccountErrand } from '../../../server/themes/account-pages.ts';
import { poolOf } from '../../support/seeded.ts';

const kindOf = (mechanism: Mechanism, more: Partial<CredentialKind> = {}): CredentialKind => ({
  ...{ mechanism, amr: mechanism, isGoodOnce: true, wrong: { field: mechanism, text: 'wrong' } },
  faultOf: () => undefined,
  verify: () => Promise.resolve({ kind: 'wrong' }),
  ...more,
});
const given = (manner: 'typed' | 'made', isForNewcomers = true): Pick<CredentialKind, 'setting'> => ({
  setting: {
    ...{ manner, isForNewcomers, replaces: false, faults: [] },
    show: () => Promise.resolve({}),
    isGiven: () => false,
    read: () => Promise.resolve({ kind: 'refused', fault: { field: 'form', text: 'refused' } }),
  },
});
const kinds = [
  kindOf('password', given('typed')),
  kindOf('otp', { comesWithAddress: true }),
  kindOf('webauthn', given('made')),
  kindOf('phrase', given('typed')),
  kindOf('badge', given('typed', false)),
  kindOf('telepathy'),
];

describe('credentialsAsked', () => {
  const poolWith = (authenticationMechanisms: readonly Mechanism[], preferred?: Mechanism): Pool => {
    const pool = poolOf(tenantId('acme'), { authenticationMechanisms });
    return preferred === undefined
      ? pool
      : { ...pool, settings: { ...pool.settings, preferred_authentication_mechanism: preferred } };
  };
  const asked = (pool: Pool, errand: AccountErrand = 'register') => {
    const { typed, made, needsMade } = credentialsAsked(pool, errand, kinds);
    return [typed?.mechanism, made.map(({ mechanism }) => mechanism), needsMade];
  };

  it('asks a newcomer for one that is typed, the one that is offered first, and offers each that is made', () => {
    assert.deepEqual(asked(poolWith(['password'])), ['password', [], false]);
    assert.deepEqual(asked(poolWith(['phrase', 'password'])), ['phrase', [], false]);
    assert.deepEqual(asked(poolWith(['phrase', 'password'], 'password')), ['password', [], false]);
    assert.deepEqual(asked(poolWith(['webauthn', 'password'], 'webauthn')), ['password', ['webauthn'], false]);
    assert.deepEqual(asked(poolWith(['password', 'otp']), 'activate'), ['password', [], false]);
  });

  it('needs one that is made where nothing else lets a newcomer in', () => {
    assert.deepEqual(asked(poolWith(['webauthn'])), [undefined, ['webauthn'], true]);
    assert.deepEqual(asked(poolWith(['webauthn', 'otp'])), [undefined, ['webauthn'], false]);
    assert.deepEqual(asked(poolWith(['webauthn', 'telepathy'])), [undefined, ['webauthn'], true]);
  });

  it('asks for nothing that no newcomer is given, nor that nothing here serves', () => {
    for (const one of ['badge', 'telepathy', 'clairvoyance', 'otp'])
      assert.deepEqual(asked(poolWith([one])), [undefined, [], false], one);
  });

  it('asks for what an errand is about, and by it alone', () => {
    const pool = poolWith(['webauthn', 'phrase', 'password'], 'phrase');
    assert.deepEqual(asked(pool, 'reset'), ['password', [], false]);
    assert.deepEqual(asked(pool, 'passkey'), [undefined, ['webauthn'], true]);
    assert.deepEqual(asked(pool, 'verify'), [undefined, [], false]);
  });
});

describe('isOfferedTo', () => {
  it('offers what the pool allows, and what it is about', () => {
    const pool = poolOf(tenantId('acme'), { authenticationMechanisms: ['phrase'] });
    const errands = ['reset', 'register', 'activate', 'verify', 'passkey'] as const;
    const offered = (one: Pool) => errands.filter((errand) => isOfferedTo(one, errand));
    assert.deepEqual(offered(pool), ['activate', 'verify']);
    const settings = { ...pool.settings, public_registration_allowed: true };
    assert.deepEqual(offered({ ...pool, settings, authenticationMechanisms: ['password', 'webauthn'] }), [...errands]);
    const strict = { ...settings, reset_credentials_settings: { do_not_allow_users_to_self_reset_credentials: true } };
    assert.deepEqual(offered({ ...pool, settings: strict, authenticationMechanisms: ['password'] }), [
      'register',
      'activate',
      'verify',
    ]);
  });
});
