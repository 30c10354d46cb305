/** A child that has no memory left for its next isolate: it dies in the pause, and nobody's login is denied for it. */
import assert from 'node:assert/strict';
import { runScript } from '../../../scripts-runtime/run-script.ts';
import { bareScript, otherChildren, testHost } from '../../support/scripts.ts';

/** Before the child's own program: takes all the memory that its process may have, once its first isolate is made. */
const greedy = `{
const addon = process.getBuiltinModule('node:module').createRequire('/')(process.argv[2]);
const { ivm } = addon;
const taken = [];
let made = 0;
function Isolate(...args) {
  if (made++ > 0)
    for (let bytes = 2 ** 28; bytes >= 2 ** 16; ) {
      try {
        taken.push(new ArrayBuffer(bytes));
      } catch {
        bytes /= 2;
      }
    }
  return new ivm.Isolate(...args);
}
addon.ivm = new Proxy(ivm, { get: (of, name) => (name === 'Isolate' ? Isolate : of[name]) });
}`;

describe('a child without memory for its next isolate', function () {
  const script = bareScript(`module.exports = async ({ n }) => ({ authn_ctx: { n } });`);

  it('dies in the pause, and the next login runs', async () => {
    const { use, incidents } = await otherChildren(2, (own) => greedy + own);
    try {
      for (const n of [1, 2, 3, 4, 5, 6]) {
        const result = await runScript(use, { tenant: 'acme', script, input: { n }, secrets: {}, host: testHost() });
        assert.ok(result.kind === 'ok', JSON.stringify(result));
        assert.deepEqual(result.output, { authn_ctx: { n } });
      }
      assert.ok(incidents.length > 0, JSON.stringify(incidents));
      for (const { kind, tenant, detail } of incidents)
        assert.deepEqual([kind, tenant, /out of memory/i.test(detail)], ['crashed', 'acme', true], detail);
    } finally {
      await use.stop(0);
    }
  });
});
