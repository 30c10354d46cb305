/** Which page asks for the first factor, by what the pool allows and what the person has said. */
import assert from 'node:assert/strict';
import type { AskingPage, CredentialKind } from '../../../server/credentials/credential-kind.ts';
import type { CredentialSetting } from '../../../server/credentials/credential-setting.ts';
import { createFirstFactorPages, type FirstFactorQuestion } from '../../../server/interactions/first-factor-page.ts';
import { replaceWithinMs, type LoginAttempt } from '../../../server/interactions/login-attempt.ts';
import { idpId, poolId, tenantId, userId, workspaceId } from '../../../server/kernel/ids.ts';
import type { Mechanism, Pool } from '../../../server/pools/pool.ts';
import { poolOf } from '../../support/seeded.ts';

const acme = tenantId('acme');
const idp = {
  tenantId: acme,
  workspaceId: workspaceId('shop'),
  id: idpId('people'),
  name: 'People',
  enabled: true,
  method: 'identity_pool',
  poolId: poolId('people'),
} as const;
const page: AskingPage = { nonce: 'n', origin: 'https://id.example', locale: 'en', applicationName: 'Shop' };
const now = 1_000_000_000;

describe('createFirstFactorPages', () => {
  let pool: Pool;
  let askedOf: string[] = [];
  const kindOf = (mechanism: Mechanism, more: Partial<CredentialKind> = {}): CredentialKind => ({
    ...{ mechanism, amr: mechanism, isGoodOnce: true, wrong: { field: mechanism, text: 'wrong' } },
    faultOf: () => undefined,
    verify: () => Promise.resolve({ kind: 'wrong' }),
    ...more,
  });
  const shows = (challenge: string) => (who: { readonly identifier: string }) => {
    askedOf.push(who.identifier);
    return Promise.resolve({ challenge });
  };
  const settingOf = (manner: 'typed' | 'made', replaces: boolean): CredentialSetting => ({
    ...{ manner, replaces, isForNewcomers: true, faults: [] },
    show: ({ nonce, name }, details) => Promise.resolve({ nonce, name, details }),
    isGiven: () => false,
    read: () => Promise.resolve({ kind: 'refused', fault: { field: 'form', text: 'refused' } }),
  });
  const kinds = [
    kindOf('password', { setting: settingOf('typed', true) }),
    kindOf('otp', { begin: () => Promise.resolve({ kind: 'begun' }) }),
    kindOf('webauthn', { identify: () => Promise.resolve(undefined), ask: shows('of a passkey') }),
    kindOf('grid', { ask: shows('of a grid') }),
  ];
  const pages = createFirstFactorPages({
    pools: { find: () => Promise.resolve(pool) },
    identifiers: { findUser: () => Promise.resolve(undefined) },
    users: { find: () => Promise.resolve(undefined) },
    kinds,
    accounts: {
      links: (_pool, _login, identifier) => ({ forgotHref: `/forgot/${identifier ?? ''}`, registerHref: undefined }),
      ledBack: (_pool, sealed) => (sealed === 'sealed' ? 'grace' : undefined),
    },
    now: () => now,
  });
  const allow = (mechanisms: readonly Mechanism[], preferred?: Mechanism): void => {
    const one = poolOf(acme, { authenticationMechanisms: mechanisms });
    pool =
      preferred === undefined
        ? one
        : { ...one, settings: { ...one.settings, preferred_authentication_mechanism: preferred } };
  };
  const said = (change: Partial<LoginAttempt> = {}): LoginAttempt => ({
    idpId: idp.id,
    identifier: 'ada',
    mechanism: 'password',
    begunAt: now,
    ...change,
  });
  const ask = async (attempt?: LoginAttempt, change: Partial<FirstFactorQuestion> = {}) =>
    pages({ idp, attempt, page, login: { workspaceId: 'shop', path: '/l' }, ...change });
  const partOf = async (attempt?: LoginAttempt, change?: Partial<FirstFactorQuestion>) => {
    const asked = await ask(attempt, change);
    assert.ok(asked.kind === 'login');
    return asked.part;
  };

  beforeEach(() => {
    askedOf = [];
  });

  it('asks for everything on one page where a password is the one way', async () => {
    allow(['password']);
    const part = await partOf();
    assert.deepEqual([part.asks, part.mechanism, part.asked], ['both', 'password', {}]);
    assert.equal((await partOf(said())).asks, 'both');
  });

  it('asks who it is first where the one way has to be begun, or has to ask for something', async () => {
    for (const one of ['otp', 'webauthn', 'grid']) {
      allow([one]);
      assert.equal((await partOf()).asks, 'identifier', one);
    }
  });

  it('asks who it is first where there are several, and offers the passkeys that the browser has', async () => {
    allow(['password', 'otp', 'webauthn']);
    const part = await partOf();
    assert.deepEqual([part.asks, part.naming], ['identifier', ['webauthn']]);
    assert.deepEqual(part.asked, { challenge: 'of a passkey' });
    assert.deepEqual(askedOf, ['']);
  });

  it('shows nothing of a way that needs to know who it is before anybody has said so', async () => {
    allow(['password', 'grid']);
    assert.deepEqual([(await partOf()).asked, askedOf], [{}, []]);
    const part = await partOf(said({ mechanism: 'grid' }));
    assert.deepEqual([part.asked, askedOf], [{ challenge: 'of a grid' }, ['ada']]);
  });

  it('asks then for the way that was chosen, with the others one press away', async () => {
    allow(['password', 'otp', 'webauthn'], 'otp');
    const part = await partOf(said({ mechanism: 'otp' }));
    assert.deepEqual([part.asks, part.mechanism, part.code], ['proof', 'otp', 'sent']);
    assert.deepEqual(part.alternatives, ['password', 'webauthn']);
    assert.deepEqual(part.asked, {});
    assert.equal((await partOf(said({ mechanism: 'otp', begunAt: undefined }))).code, 'elsewhere');
  });

  it('asks for a passkey of whoever was named', async () => {
    allow(['password', 'webauthn']);
    const part = await partOf(said({ mechanism: 'webauthn' }));
    assert.deepEqual([part.asked, part.naming], [{ challenge: 'of a passkey' }, []]);
    assert.deepEqual(askedOf, ['ada']);
  });

  it('falls back to the preferred way where the one that was chosen is not allowed any more', async () => {
    allow(['otp', 'webauthn'], 'webauthn');
    assert.equal((await partOf(said({ mechanism: 'password' }))).mechanism, 'webauthn');
  });

  it('offers no way that no kind serves, as one that another version knows', async () => {
    allow(['telepathy', 'password', 'otp'], 'telepathy');
    assert.equal((await partOf()).mechanism, 'password');
    const part = await partOf(said({ mechanism: 'telepathy' }));
    assert.deepEqual([part.mechanism, part.alternatives], ['password', ['otp']]);
    allow(['telepathy', 'password']);
    assert.equal((await partOf()).asks, 'both');
  });

  it('takes what was said to another idp for nothing', async () => {
    allow(['password', 'otp']);
    assert.equal((await partOf(said({ idpId: idpId('others') }))).asks, 'identifier');
  });

  it('asks for another password while the right one is fresh, and not for ever', async () => {
    allow(['password']);
    const replace = {
      poolId: poolId('people'),
      userId: userId('ada-id'),
      mark: '1',
      why: 'expired',
      provenAt: now,
    } as const;
    const refused = { field: 'password', text: 'password_refused', details: ['min_length'] };
    const asked = await ask(said({ replace }), { refused });
    assert.deepEqual(asked, {
      kind: 'replacement',
      part: {
        why: 'expired',
        identifier: 'ada',
        part: {
          ...{ mechanism: 'password', isAlone: false, isFocused: true, fault: refused },
          shown: { nonce: 'n', name: 'ada', details: ['min_length'] },
        },
      },
    });
    const old = { ...replace, provenAt: now - replaceWithinMs };
    assert.equal((await ask(said({ replace: old }))).kind, 'login');
    allow(['password', 'otp']);
    const ofAnother = said({ replace, mechanism: 'otp' });
    assert.equal((await ask(ofAnother)).kind, 'login', 'of a kind that no page gives anybody');
  });

  it('takes who comes back from an account page for who they are there, and knows nobody by what it cannot read', async () => {
    allow(['password', 'otp']);
    for (const attempt of [undefined, said(), said({ identifier: 'grace' })]) {
      const part = await partOf(attempt, { ledBack: 'sealed', hint: 'a hint' });
      const asks = attempt?.identifier === 'grace' ? 'proof' : 'identifier';
      assert.deepEqual([part.asks, part.identifier, part.forgotHref], [asks, 'grace', '/forgot/grace']);
    }
    const part = await partOf(undefined, { ledBack: 'made up', hint: 'a hint' });
    assert.deepEqual([part.identifier, part.forgotHref], ['a hint', '/forgot/a hint']);
    assert.equal((await partOf(said(), { hint: 'a hint' })).identifier, 'ada');
    allow(['password']);
    assert.equal((await partOf(said(), { typed: 'bob', ledBack: 'sealed' })).identifier, 'bob');
  });

  it('asks people of a fixed list for their password', async () => {
    const fixed = { ...idp, method: 'static', users: [] } as const;
    assert.deepEqual((await partOf(undefined, { idp: fixed })).asks, 'both');
  });
});
