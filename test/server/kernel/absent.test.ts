/** What generated clients mean by null and by the zero time. */
import assert from 'node:assert/strict';
import { isAbsent, saysSomething, withoutAbsent } from '../../../server/kernel/absent.ts';

describe('withoutAbsent', () => {
  it('leaves out null and the zero time, however deep', () => {
    const sent = {
      name: 'x',
      redirect_uris: null,
      created_at: '0001-01-01T00:00:00.000Z',
      updated_at: '0001-01-01T00:00:00Z',
      settings: { url: null, kept: 0, empty: '', list: [] },
    };
    assert.deepEqual(withoutAbsent(sent), { name: 'x', settings: { kept: 0, empty: '', list: [] } });
  });

  it('leaves what stands in arrays, and what is no object', () => {
    assert.deepEqual(withoutAbsent([null, { a: null }, 1]), [null, {}, 1]);
    for (const value of [undefined, null, 1, 'x', false]) assert.equal(withoutAbsent(value), value);
    const time = { at: '0001-01-01T00:00:01Z' };
    assert.deepEqual(withoutAbsent(time), time);
  });

  it('makes no prototype of a member that is called so', () => {
    const kept = withoutAbsent(JSON.parse('{"__proto__":{"admin":true},"a":null}'));
    assert.equal(Object.getPrototypeOf(kept), Object.prototype);
    assert.equal(JSON.stringify(kept), '{"__proto__":{"admin":true}}');
  });
});

describe('isAbsent', () => {
  it('knows null and the zero time, and takes nothing else for them', () => {
    for (const value of [null, '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z']) assert.ok(isAbsent(value));
    for (const value of ['', 0, false, [], '0001-01-01', '2026-01-01T00:00:00Z']) assert.ok(!isAbsent(value));
  });
});

describe('saysSomething', () => {
  it('is of every value but those that generated clients send for nothing', () => {
    for (const value of [undefined, null, '', false, 0, [], {}, [''], { a: { b: [] } }, [{ a: false }]])
      assert.equal(saysSomething(value), false, JSON.stringify(value));
    for (const value of ['0s', true, 1, [0, 1], { a: { b: 'x' } }]) assert.equal(saysSomething(value), true);
  });
});
