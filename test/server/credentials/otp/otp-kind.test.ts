/** Signing in with a code: for the page that asked, from an address that is verified, at the same cost for nobody. */
import assert from 'node:assert/strict';
import { createOtpKind, keptAddresses } from '../../../../server/credentials/otp/otp-kind.ts';
import type { AskingPage, Claimant } from '../../../../server/credentials/credential-kind.ts';
import { attemptsOfCode } from '../../../../server/codes/code.ts';
import type { Pool } from '../../../../server/pools/pool.ts';
import { poolId, userId } from '../../../../server/kernel/ids.ts';
import type { VerifiableAddress } from '../../../../server/users/address.ts';
import type { NewAddress } from '../../../../server/users/person-change.ts';
import type { User } from '../../../../server/users/user.ts';
import { openCodeHouse, tenant, unverifiedMail, verifiedMail, type CodeHouse } from '../../../support/code-house.ts';

const page = (nonce = 'nonce-1', login = 'login-1', device?: string): AskingPage => ({
  nonce,
  origin: 'https://id.example',
  locale: 'pt',
  applicationName: 'Loja\r\nhttps://evil.example',
  asker: { address: '198.51.100.1', login, device },
});

describe('createOtpKind', function () {
  let house: CodeHouse;
  let pool: Pool;
  let user: User;
  before(async () => {
    house = await openCodeHouse();
  });
  after(() => house.close());
  beforeEach(async () => {
    await house.forgive();
    house.sent.length = 0;
    pool = await house.pool();
    user = await house.person(pool.id, {
      addresses: [verifiedMail('ada@example.com'), verifiedMail('ada@work.example'), unverifiedMail('new@example.com')],
    });
  });
  const ada = (): Claimant => ({ pool, user, identifier: 'ada@example.com' });
  const nobody = (): Claimant => ({ pool, user: undefined, identifier: 'eve@example.com' });
  const otp = () => createOtpKind({ ...house.platform.stores, ...house.codes.routes });
  const begin = otpBegin;
  async function otpBegin(who: Claimant, destination?: string) {
    return otp().begin?.(who, page(), destination);
  }

  it('says what cannot be a code before anything is counted', () => {
    assert.equal(otp().faultOf({})?.text, 'otp_missing');
    assert.equal(otp().faultOf({ otp: 'abc' })?.text, 'otp_malformed');
    assert.equal(otp().faultOf({ otp: ' 123 456 ' }), undefined);
    assert.deepEqual([otp().mechanism, otp().amr], ['otp', 'otp']);
  });

  it('sends in the page’s language, with the application’s name on one line and no link in it', async () => {
    assert.deepEqual(await begin(ada()), { kind: 'begun' });
    const letter = house.letter();
    assert.equal(letter.channel === 'mail' ? letter.subject : '', 'Seu código para entrar em Loja https evil.example');
    assert.doesNotMatch(letter.text, /:\/\//);
    assert.deepEqual(
      house.sent.at(-1)?.letters.map(({ to }) => to),
      ['ada@example.com', 'ada@work.example'],
    );
  });

  it('is sent by text to who has a phone and no mail, with their mail as fallback where both are verified', async () => {
    const phone = { ...verifiedMail('+44 20 7946 0958'), type: 'mobile' as const };
    const reached = async (addresses: readonly NewAddress[], destination?: string) => {
      const person = await house.person(pool.id, { addresses });
      const begun = await begin({ pool, user: person, identifier: person.id }, destination);
      assert.deepEqual(begun, { kind: 'begun' });
      return house.sent.at(-1)?.letters.map(({ channel, to }) => [channel, to]);
    };
    assert.deepEqual(await reached([phone]), [['sms', '+442079460958']]);
    assert.match(house.letter().text, /\d{6}/);
    const mail = verifiedMail('bob@example.com');
    assert.deepEqual(await reached([mail, { ...phone, value: '+44 20 7946 0959' }], '+44 20 7946 0959'), [
      ['sms', '+442079460959'],
      ['mail', 'bob@example.com'],
    ]);
  });

  it('sends to a typed address only where it is theirs and verified, and says nothing otherwise', async () => {
    for (const typed of ['eve@example.com', 'new@example.com', 'x'])
      assert.deepEqual(await begin(ada(), typed), { kind: 'begun' });
    assert.equal(house.sent.length, 0);
    await begin(ada(), 'ADA@work.example');
    assert.equal(house.letter().to, 'ada@work.example');
  });

  it('proves once for one page, however often that page is posted', async () => {
    await begin(ada());
    const answer = { otp: house.code() };
    const [one, two] = await Promise.all([otp().verify(ada(), answer, page()), otp().verify(ada(), answer, page())]);
    assert.equal(one.kind, 'right');
    assert.deepEqual(two, one, 'a double click');
    assert.deepEqual(await otp().verify(ada(), answer, page()), one);
    assert.deepEqual(await otp().verify(ada(), answer, page('nonce-2')), { kind: 'wrong' }, 'another page');
  });

  it('is void, and used up, by nobody who asks for the same person in another login', async () => {
    await begin(ada());
    const answer = { otp: house.code() };
    const theirs = page('nonce-9', 'login-9');
    await otp().begin?.(ada(), theirs);
    assert.notEqual(house.code(), answer.otp);
    for (let tries = 0; tries < attemptsOfCode + 5; tries += 1)
      assert.equal((await otp().verify(ada(), { otp: '000000' }, theirs)).kind, 'wrong');
    assert.deepEqual(await otp().verify(ada(), answer, theirs), { kind: 'wrong' }, 'nor is it good there');
    assert.equal((await otp().verify(ada(), answer, page())).kind, 'right');
  });

  it('has no more tries in its own login than any code', async () => {
    await begin(ada());
    const answer = { otp: house.code() };
    for (let tries = 0; tries < attemptsOfCode; tries += 1) await otp().verify(ada(), { otp: '000000' }, page());
    assert.deepEqual(await otp().verify(ada(), answer, page()), { kind: 'wrong' });
  });

  it('is sent to a browser that the person signed in from, however often strangers have asked', async () => {
    let kind: string | undefined;
    for (let n = 0; kind !== 'throttled'; n += 1)
      kind = (await otp().begin?.(ada(), page('n', `login-${String(n)}`)))?.kind;
    const sent = house.sent.length;
    assert.deepEqual(await otp().begin?.(ada(), page('n', 'mine', 'a device')), { kind: 'begun' });
    assert.equal(house.sent.length, sent + 1);
  });

  it('is sent for no page that nobody posted', async () => {
    const { asker: _, ...shown } = page();
    await assert.rejects(async () => otp().begin?.(ada(), shown), { code: 'internal' });
  });

  it('holds while every address that the code may have gone to is verified and in use', async () => {
    await begin(ada());
    const verified = await otp().verify(ada(), { otp: house.code() }, page());
    assert.ok(verified.kind === 'right' && verified.mark.length <= 200);
    const place = { tenantId: tenant, poolId: pool.id };
    const kept = () => keptAddresses(house.platform.stores.addresses);
    assert.equal(await kept().holds(place, user.id, verified.mark), true);
    assert.equal(await kept().holds(place, user.id, ''), false);
    await house.platform.stores.addresses.remove(tenant, pool.id, user.id, 'ada@work.example');
    assert.equal(await kept().holds(place, user.id, verified.mark), false);
  });

  it('takes no code of somebody else, and costs the same for nobody', async () => {
    await begin(ada());
    const answer = { otp: house.code() };
    assert.deepEqual(await otp().verify(nobody(), answer, page()), { kind: 'wrong' });
    const shapes = async (work: () => Promise<unknown>) => {
      house.queries.length = 0;
      await work();
      return [...house.queries];
    };
    assert.deepEqual(await shapes(() => begin(nobody())), await shapes(() => begin(ada())));
    const wrong = { otp: '000000' };
    const known = await shapes(() => otp().verify(ada(), wrong, page()));
    assert.deepEqual(await shapes(() => otp().verify(nobody(), wrong, page())), known);
  });

  it('is not sent to somebody who may not sign in', async () => {
    const off = await house.person(pool.id, { status: 'inactive', addresses: [verifiedMail('off@example.com')] });
    assert.deepEqual(await begin({ pool, user: off, identifier: 'off@example.com' }), { kind: 'begun' });
    assert.equal(house.sent.length, 0);
  });
});

describe('keptAddresses', () => {
  const holder = { tenantId: tenant, poolId: poolId('people'), id: userId('ada') };
  const isWayIn = (more: Partial<VerifiableAddress>, isCalled = true): Promise<boolean> => {
    const times = { verifiedAt: 1, createdAt: 1, updatedAt: 1 };
    const address = { ...verifiedMail('ada@example.com'), normalized: 'ada@example.com', ...times, ...more };
    return keptAddresses({ listOf: () => Promise.resolve([address]) }).isWayIn(holder, isCalled);
  };

  it('are a way in where one is verified and in use, and its person has something to type', async () => {
    assert.equal(await isWayIn({}), true);
    assert.equal(await isWayIn({ verifiedAt: undefined }), false);
    assert.equal(await isWayIn({ status: 'inactive' }), false);
    assert.equal(await isWayIn({}, false), false);
  });
});
