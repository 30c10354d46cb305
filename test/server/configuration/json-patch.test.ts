/** A small patch stays a small change: RFC 6902. */
import assert from 'node:assert/strict';
import { applyWithin, patchBody, type Patch } from '../../../server/configuration/json-patch.ts';
import { isPlatformError, type ErrorCode } from '../../../server/kernel/errors.ts';

const refused = (target: unknown, patch: Patch, code: ErrorCode = 'unprocessable_entity') => {
  assert.throws(
    () => {
      applyWithin(target, patch, 10_000);
    },
    (error) => isPlatformError(error, code),
    JSON.stringify(patch[0]),
  );
};

describe('applyWithin', () => {
  it('applies each kind of operation', () => {
    const target = { a: [1, 2], b: { c: 'x', 'd/e': null } };
    applyWithin(
      target,
      [
        { op: 'test', path: '/b', value: { 'd/e': null, c: 'x' } },
        { op: 'add', path: '/a/-', value: 3 },
        { op: 'add', path: '/a/0', value: null },
        { op: 'replace', path: '/b/c', value: 'y' },
        { op: 'remove', path: '/b/d~1e' },
        { op: 'copy', from: '/b', path: '/f' },
        { op: 'move', from: '/a/1', path: '/g' },
      ],
      100,
    );
    assert.deepEqual(target, { a: [null, 2, 3], b: { c: 'y' }, f: { c: 'y' }, g: 1 });
  });

  it('refuses copies that double what is there before they are made', () => {
    const target = { list: [{ name: 'x' }] };
    const doubling = { op: 'copy', from: '/list', path: '/list/-' } as const;
    refused(
      target,
      Array.from({ length: 1000 }, () => doubling),
      'payload_too_large',
    );
    assert.ok(JSON.stringify(target).length < 20_000);
    const deep = { a: {} };
    const nesting = Array.from({ length: 12 }, (_, at): Patch[number] => ({
      op: 'copy',
      from: '/a',
      path: `/a${'/b'.repeat(2 ** at)}`,
    }));
    refused(deep, nesting, 'payload_too_large');
  });

  it('takes no member of an array but its elements, and none of a prototype', () => {
    const list = { list: [1, 2] };
    for (const key of ['length', '-', '01', '-1', '2', 'at', '4294967295']) {
      refused(list, [{ op: 'replace', path: `/list/${key}`, value: 4_000_000_000 }]);
      refused(list, [{ op: 'remove', path: `/list/${key}` }]);
      refused(list, [{ op: 'copy', from: `/list/${key}`, path: '/x' }]);
    }
    for (const key of ['length', '3', 'x']) refused(list, [{ op: 'add', path: `/list/${key}`, value: 1 }]);
    refused(list, [{ op: 'copy', from: '/toString', path: '/x' }]);
    refused(list, [{ op: 'replace', path: '', value: {} }]);
    refused(list, [{ op: 'add', path: '/list/0/deeper', value: 1 }]);
    assert.deepEqual(list, { list: [1, 2] });
  });

  it('tests long lists in one pass', () => {
    const long = Array.from({ length: 20_000 }, (_, id) => ({ id }));
    refused({ long }, [{ op: 'test', path: '/long', value: [{}, ...long] }]);
    applyWithin({ long }, [{ op: 'test', path: '/long', value: [...long] }], 0);
  });
});

describe('patchBody', () => {
  it('takes no pointer into prototypes', () => {
    for (const path of ['/__proto__/a', '/tenant/constructor/prototype/a', 'tenant', '/a~2'])
      assert.equal(patchBody.safeParse([{ op: 'add', path, value: 1 }]).success, false, path);
    assert.equal(patchBody.safeParse([{ op: 'copy', from: '/__proto__', path: '/a' }]).success, false);
    assert.equal(patchBody.safeParse([]).success, false);
  });
});
