/** What a page makes of a new password, and what becomes of it. */
import assert from 'node:assert/strict';
import { createPasswordSetting } from '../../../../server/credentials/password/password-setting.service.ts';
import type { PasswordService } from '../../../../server/credentials/password/password.service.ts';
import { longestPasswordBytes } from '../../../../server/credentials/password/hasher.ts';
import { PlatformError, unprocessable } from '../../../../server/kernel/errors.ts';
import { tenantId, userId } from '../../../../server/kernel/ids.ts';
import { poolOf } from '../../../support/seeded.ts';

describe('createPasswordSetting', () => {
  const pool = poolOf(tenantId('acme'));
  const page = { pool, nonce: undefined, name: 'ada', browser: '', isFirst: false };
  const at = { tenantId: pool.tenantId, poolId: pool.id, id: userId('ada'), isAboveAdministrators: true };
  const calls: unknown[] = [];
  const noted =
    (name: string): PasswordService['prepareChange'] & PasswordService['prepareReset'] =>
    (...args: readonly unknown[]) => {
      calls.push([name, ...args]);
      return Promise.reject(new RangeError('no rows here'));
    };
  const setting = createPasswordSetting({
    passwordService: { prepareReset: noted('reset'), prepareChange: noted('change') },
  });
  const given = async (password: string) => {
    const read = await setting.read({ password }, page);
    assert.ok(read.kind === 'given');
    return read;
  };
  beforeEach(() => calls.splice(0));

  it('shows the rules of the pool, with those marked that were not met', async () => {
    const shown = async (failed: readonly string[]) => {
      const { rules } = (await setting.show(page, failed)) ?? {};
      assert.ok(Array.isArray(rules));
      return rules.flatMap((rule: { rule: string; failed: boolean }) => (rule.failed ? [rule.rule] : []));
    };
    assert.deepEqual([await shown([]), await shown(['min_length'])], [[], ['min_length']]);
  });

  it('says nothing of passwords of before to who has none, unless one of them it was', async () => {
    const settings = { ...pool.settings, password_policy: { ...pool.settings.password_policy, not_used_since: 3 } };
    const shown = async (isFirst: boolean, failed: readonly string[] = []) => {
      const { rules } = (await setting.show({ ...page, pool: { ...pool, settings }, isFirst }, failed)) ?? {};
      assert.ok(Array.isArray(rules));
      return rules.some(({ rule }: { rule: string }) => rule === 'not_used_since');
    };
    assert.deepEqual(
      [await shown(false), await shown(true), await shown(true, ['not_used_since'])],
      [true, false, true],
    );
  });

  it('refuses nothing at all, and what is longer than any password', async () => {
    const textOf = async (answer: Readonly<Record<string, string>>) => {
      const read = await setting.read(answer, page);
      return read.kind === 'refused' ? `${read.fault.field} ${read.fault.text}` : read.kind;
    };
    assert.equal(await textOf({}), 'password password_missing');
    assert.equal(await textOf({ password: 'x'.repeat(longestPasswordBytes + 1) }), 'password password_too_long');
    assert.equal(await textOf({ password: 'x'.repeat(longestPasswordBytes) }), 'given');
    assert.deepEqual([setting.isGiven({}), setting.isGiven({ password: 'x' })], [false, true]);
  });

  it('is a first one that asks for nothing of before, or replaces the one that was proven and no other', async () => {
    const owner = { tenantId: at.tenantId, poolId: at.poolId, userId: at.id };
    const { prepare } = await given('a new one');
    await assert.rejects(prepare(at, { kind: 'nothing' }), RangeError);
    await assert.rejects(prepare(at, { kind: 'proven', mark: '7' }), RangeError);
    assert.deepEqual(calls, [
      ['reset', owner, 'a new one', '/password', 'gone'],
      ['change', owner, { mark: '7', new: 'a new one', pointer: '/password' }],
    ]);
  });

  it('says of a failure what is wrong with the password, and nothing of any other', async () => {
    const { faultIn } = await given('short');
    const broken = new PlatformError('unprocessable_entity', 'no', {
      details: [{ pointer: '', message: '', rule: 'min_length' }],
    });
    assert.deepEqual(faultIn(broken), { field: 'password', text: 'password_refused', details: ['min_length'] });
    for (const other of [unprocessable('/x', 'no'), new PlatformError('conflict', 'no'), new Error('no')])
      assert.equal(faultIn(other), undefined);
  });
});
