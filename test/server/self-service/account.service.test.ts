/** What the account pages ask of codes, and what they make of the answers. */
import assert from 'node:assert/strict';
import type { AccountService as CodeAccounts, AccountStores } from '../../../server/codes/account.service.ts';
import type { CodeSending } from '../../../server/codes/code-asking.ts';
import type { GivenCredential } from '../../../server/credentials/credential-setting.ts';
import { failedRulesIn } from '../../../server/credentials/password/rules-shown.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { createDeviceCookies, personKeyOf } from '../../../server/interactions/device-cookie.ts';
import { tenantId, userId, workspaceId } from '../../../server/kernel/ids.ts';
import { createAccountPagesService } from '../../../server/self-service/account.service.ts';
import type { VerifiableAddress } from '../../../server/users/address.ts';
import { noon, poolOf, userOf } from '../../support/seeded.ts';

const acme = tenantId('acme');
const pool = poolOf(acme);
const ada = userOf(acme, pool.id, { id: userId('ada') });
const addressOf = (value: string, verifiedAt: number | undefined): VerifiableAddress => ({
  type: 'email',
  value,
  normalized: value,
  status: 'active',
  preferredContactMethod: undefined,
  metadata: {},
  verifiedAt,
  createdAt: noon,
  updatedAt: noon,
});

describe('createAccountPagesService', () => {
  const devices = createDeviceCookies(new Uint8Array(32));
  let sent: Partial<CodeSending>[] = [];
  let fails: Error | undefined;
  const accounts: CodeAccounts = {
    activate: () => Promise.reject(new Error('not asked')),
    resetPassword: () => (fails === undefined ? Promise.resolve() : Promise.reject(fails)),
    verifyAddress: () => Promise.resolve(),
  };
  const service = createAccountPagesService<AccountStores>({
    stores: {
      tenants: {
        find: () => Promise.resolve({ id: acme, name: 'Acme', settings: {}, createdAt: noon, updatedAt: noon }),
      },
      workspaces: { find: () => Promise.resolve(undefined) },
      clients: { list: () => Promise.resolve({ items: [] }) },
      users: { find: (_tenant, _pool, id) => Promise.resolve(id === ada.id ? ada : undefined) },
      identifiers: { findUser: (_tenant, _pool, text) => Promise.resolve(text === 'ada' ? ada.id : undefined) },
      addresses: {
        findUser: () => Promise.resolve(undefined),
        listOf: (_tenant, _pool, id) =>
          Promise.resolve(
            id === ada.id ? [addressOf('old@example.com', undefined), addressOf('ada@example.com', noon)] : [],
          ),
      },
    },
    sender: {
      count: () => Promise.resolve({ kind: 'begun' }),
      send: (sending) => {
        sent.push(sending);
        return Promise.resolve({ kind: 'begun' });
      },
      notify: () => Promise.resolve({ kind: 'begun' }),
    },
    accounts,
    registration: { register: () => Promise.reject(new Error('not asked')) },
    redeem: { redeem: () => Promise.reject(new Error('not asked')) },
    devices,
  });
  const given: Pick<GivenCredential<AccountStores>, 'faultIn'> = {
    faultIn: (error) => {
      const details = failedRulesIn(error);
      return details && { field: 'password', text: 'password_refused', details };
    },
  };
  const at = { pool, workspaceId: undefined, locale: 'en', address: '198.51.100.1' };

  beforeEach(() => {
    sent = [];
    fails = undefined;
  });

  it('sends to what is stored and verified, and asks as much for nobody', async () => {
    assert.equal((await service.requestReset(at, 'ada')).kind, 'asked');
    assert.equal((await service.requestReset(at, 'eve')).kind, 'asked');
    assert.deepEqual(
      sent.map(({ user, to }) => [user?.id, to?.map(({ normalized }) => normalized)]),
      [
        [ada.id, ['ada@example.com']],
        [undefined, []],
      ],
    );
  });

  it('says where a browser asks from that somebody signed in from, of nobody else', async () => {
    const deviceCookie = devices.issue(personKeyOf(pool.id, ada.id, ''));
    for (const identifier of ['ada', 'eve']) await service.requestReset({ ...at, deviceCookie }, identifier);
    const known = { kind: 'address', address: at.address, device: deviceCookie.split('.')[0] };
    assert.deepEqual(
      sent.map(({ from }) => from),
      [known, { ...known, device: undefined }],
    );
  });

  it('marks a browser for who showed that an address of theirs reaches them, and not for who verified one', async () => {
    const shown = { code: '123456', identifier: 'ada' };
    const reset = await service.completeReset(at, shown, 'new', given);
    assert.ok(reset.kind === 'done' && devices.verify(reset.deviceCookie, personKeyOf(pool.id, ada.id, '')));
    assert.deepEqual(await service.verifyAddress(at, shown), { kind: 'done' });
  });

  it('speaks in the tenant’s name where the address of the page names no workspace that there is', async () => {
    await service.requestReset({ ...at, workspaceId: workspaceId('made-up') }, 'ada');
    assert.equal(sent[0]?.name, 'Acme');
  });

  it('tells a person what they can do something about, and raises everything else', async () => {
    const outcome = () => service.completeReset(at, { code: '123456', identifier: 'ada' }, 'new', given);
    assert.equal((await outcome()).kind, 'done');
    fails = new PlatformError('unauthorized', 'no');
    assert.deepEqual(await outcome(), { kind: 'wrong' });
    fails = new PlatformError('conflict', 'somebody else has it');
    assert.deepEqual(await outcome(), { kind: 'wrong' });
    fails = new PlatformError('too_many_requests', 'wait', { retryAfterSeconds: 7 });
    assert.deepEqual(await outcome(), { kind: 'throttled', retryAfterSeconds: 7 });
    fails = new PlatformError('unprocessable_entity', 'no', {
      details: [{ pointer: '', message: '', rule: 'digits' }],
    });
    assert.deepEqual(await outcome(), {
      kind: 'refused',
      fault: { field: 'password', text: 'password_refused', details: ['digits'] },
    });
    fails = new PlatformError('unavailable', 'busy');
    await assert.rejects(outcome(), PlatformError);
  });
});
