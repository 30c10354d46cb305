/** Scripts run as they were written, see nothing but copies, and end where their limits are. */
import assert from 'node:assert/strict';
import { compiled, ran, testHost, testRuntime, typed } from '../support/scripts.ts';
import type { ScriptsRuntime } from '../support/scripts.ts';

describe('runScript', () => {
  let runtime: ScriptsRuntime;
  before(async () => {
    runtime = await testRuntime({ children: 2 });
  });
  after(() => runtime.stop());

  describe('a classic script', () => {
    it('is given its context with secrets, and returns what it returns', async () => {
      const source =
        'module.exports = async function (context) { return { authn_ctx: { ...context.authn_ctx, k: context.secrets.K } } }';
      const result = await ran(runtime, source, { input: { authn_ctx: { sub: 'u' } }, secrets: { K: 'value-of-k' } });
      assert.equal(result.kind, 'ok');
      assert.deepEqual(result.output, { authn_ctx: { sub: 'u', k: 'value-of-k' } });
      assert.deepEqual(result.effects, []);
    });

    it('fetches through the host, by the list of its workspace', async () => {
      const host = testHost();
      const source = `module.exports = async () => {
        const answer = await (await fetch('https://risk.example.com/score', { method: 'POST', body: '{}' })).json();
        const refused = await fetch('https://elsewhere.example.com/').then(() => 'sent', (error) => error.message);
        return { answer, refused };
      }`;
      const net = [
        { host: 'risk.example.com', methods: ['POST'], secretHeader: { Authorization: 'Bearer ${K}' } },
      ] as const;
      const result = await ran(runtime, source, { host, net, secrets: { K: 'a-secret-key' } });
      assert.equal(result.kind, 'ok');
      assert.deepEqual(result.output, {
        answer: { score: 42 },
        refused: 'the host elsewhere.example.com is not in the list "net" of this script',
      });
      assert.deepEqual(host.sent, [
        { url: 'https://risk.example.com/score', method: 'POST', headers: { authorization: 'Bearer a-secret-key' } },
      ]);
      assert.ok(!JSON.stringify(result).includes('a-secret-key'));
    });

    it('names the line and the column where it threw', async () => {
      const result = await ran(runtime, 'module.exports = async () => {\n  const x = {};\n  x.a.b();\n}');
      assert.equal(result.kind, 'error');
      assert.equal(result.fault, 'exception');
      assert.match(result.message, /^TypeError: /);
      assert.deepEqual(result.stack[0], { name: 'module.exports', line: 3, column: 7 });
    });

    it('counts columns of its first line from where the author does', async () => {
      const result = await ran(runtime, "module.exports = () => { throw new Error('first line') }");
      assert.equal(result.kind, 'error');
      assert.deepEqual([result.stack[0]?.line, result.stack[0]?.column], [1, 32]);
    });

    it('finds the shims of require, and a list where it asks for more', async () => {
      const source = `module.exports = async () => {
        const _ = require('lodash');
        const jwt = require('jsonwebtoken');
        const token = jwt.sign({ a: 1 }, 'a-key-of-some-length', { expiresIn: '1h', issuer: 'me' });
        let missing;
        try { require('mongodb'); } catch (error) { missing = error.message; }
        return {
          uniq: _.uniq([1, 1, 2]),
          issuer: jwt.verify(token, 'a-key-of-some-length', { issuer: 'me' }).iss,
          decoded: jwt.decode(token).a,
          uuid: require('uuid').validate(require('uuid').v4()),
          hash: require('crypto').createHash('sha256').update('abc').digest('hex'),
          missing,
        };
      }`;
      const result = await ran(runtime, source);
      assert.equal(result.kind, 'ok', JSON.stringify(result));
      assert.deepEqual(result.output, {
        uniq: [1, 2],
        issuer: 'me',
        decoded: 1,
        uuid: true,
        hash: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        missing:
          "Cannot find module 'mongodb': there are axios, buffer, crypto, jsonwebtoken, lodash, node-fetch, request-promise-native, url, uuid",
      });
    });

    it('reaches the network through axios, node-fetch and request-promise-native alike', async () => {
      const host = testHost();
      const net = [{ host: 'api.example.com', methods: ['GET', 'POST'] }] as const;
      const source = `module.exports = async () => ({
        axios: (await require('axios').get('https://api.example.com/a', { params: { q: 'x y' } })).data.score,
        fetch: (await (await require('node-fetch')('https://api.example.com/b')).json()).score,
        request: (await require('request-promise-native')({ method: 'POST', uri: 'https://api.example.com/c', json: true, body: { a: 1 } })).score,
      })`;
      const result = await ran(runtime, source, { host, net });
      assert.equal(result.kind, 'ok', JSON.stringify(result));
      assert.deepEqual(result.output, { axios: 42, fetch: 42, request: 42 });
      assert.deepEqual(
        host.sent.map(({ url }) => url),
        ['https://api.example.com/a?q=x+y', 'https://api.example.com/b', 'https://api.example.com/c'],
      );
    });
  });

  describe('a typed script', () => {
    it('collects effects, which are given back for whoever applies them', async () => {
      const result = await ran(
        runtime,
        typed(
          "api.claims.set('tier', { level: 2 }); api.acr.set('high'); api.user.setMetadata({ seen: true });",
          "effects: ['claims', 'acr', 'metadata'],",
        ),
      );
      assert.equal(result.kind, 'ok');
      assert.deepEqual(result.effects, [
        { effect: 'claims', name: 'tier', value: { level: 2 } },
        { effect: 'acr', value: 'high' },
        { effect: 'metadata', value: { seen: true } },
      ]);
    });

    it('throws at an effect that it did not declare', async () => {
      const result = await ran(runtime, typed("api.claims.set('a', 1);"));
      assert.equal(result.kind, 'error');
      assert.equal(result.message, 'Error: "claims" is not among the effects of this script');
    });

    it('denies, whatever it returns besides', async () => {
      const result = await ran(
        runtime,
        typed("api.deny('risk', { ref: 7 }); return { welcome: true };", "effects: ['deny'],"),
      );
      assert.equal(result.kind, 'denied');
      assert.deepEqual([result.reason, result.details], ['risk', { ref: 7 }]);
    });

    it('that has denied has denied, whatever goes wrong with what it says or does then', async () => {
      for (const body of [
        "api.deny('x'); throw new Error('afterwards');",
        "api.deny('x'); for (;;);",
        "api.deny('x'); await new Promise(() => {});",
        "try { api.deny('x'); } finally { await api.sleep('1h'); }",
        "api.deny('');",
        "api.deny(`the browser ${'x'.repeat(300)}`);",
        "api.deny({ toString() { throw new Error('none'); } });",
        "const it = {}; it.it = it; api.deny('x', it);",
        "api.deny('x', { n: 1n });",
        "api.deny('x', { long: 'x'.repeat(300_000) });",
        "let deep = {}; for (let n = 0; n < 100; n += 1) deep = { deep }; api.deny('x', deep);",
      ]) {
        const source = typed(body, "effects: ['deny', 'sleep'], onError: 'continue',");
        const result = await ran(runtime, source);
        assert.equal(result.kind, 'denied', `${body} ${JSON.stringify(result)}`);
      }
    });

    it('that refused a scope has refused it, however it ends', async () => {
      for (const [after, kind] of [
        ["throw new Error('down');", 'error'],
        ['for (;;);', 'error'],
        ['await new Promise(() => {});', 'error'],
        ['const all = []; for (;;) all.push(new Array(2000000).fill(1));', 'error'],
        ["for (let n = 0; n < 300; n += 1) api.claims.set('a' + n, n);", 'error'],
        ["api.claims.set('it', 1n);", 'error'],
        ["return 'x'.repeat(300_000);", 'error'],
        ["await api.sleep('1h');", 'suspended'],
      ] as const) {
        const source = typed(`api.scopes.deny('email'); ${after}`, "effects: ['scopes', 'claims', 'sleep'],");
        const result = await ran(runtime, source);
        assert.equal(result.kind, kind, `${after} ${JSON.stringify(result)}`);
        assert.deepEqual(result.refused, { scopes: ['email'], isComplete: true }, after);
      }
      const granting = await ran(runtime, typed("api.scopes.grant('email'); throw 1;", "effects: ['scopes'],"));
      assert.deepEqual(granting.refused, { scopes: [], isComplete: true });
    });

    it('that refused what no scope is called, or more than are kept, has not said all of it', async () => {
      for (const body of [
        'api.scopes.deny({ toString() { throw new Error(); } });',
        "api.scopes.deny('x'.repeat(1_000_000)); throw 1;",
        "for (let n = 0; n < 300; n += 1) api.scopes.deny('s' + n); throw 1;",
      ]) {
        const result = await ran(runtime, typed(body, "effects: ['scopes'],"));
        assert.deepEqual([result.kind, result.refused.isComplete], ['error', false], body);
      }
      const undeclared = await ran(runtime, typed("api.scopes.deny('email');", "effects: ['claims'],"));
      assert.deepEqual([undeclared.kind, undeclared.refused.scopes], ['error', []]);
    });

    it('counts and remembers in its cache', async () => {
      const host = testHost();
      const body =
        "const n = await api.cache.incr('tries'); await api.cache.set('last', { n }); return [n, await api.cache.get('last'), await api.cache.get('none')];";
      const result = await ran(runtime, typed(body), { host });
      assert.equal(result.kind, 'ok');
      assert.deepEqual(result.output, [1, { n: 1 }, null]);
    });
  });

  describe('limits', () => {
    const faults: readonly (readonly [what: string, source: string, fault: string])[] = [
      ['a loop', 'module.exports = () => { for (;;); }', 'cpu'],
      ['a loop of microtasks', 'module.exports = async () => { for (;;) await null; }', 'cpu'],
      ['a promise that never settles', 'module.exports = () => new Promise(() => {})', 'timeout'],
      [
        'a timer that outlasts the slice',
        'module.exports = () => new Promise((done) => setTimeout(done, 60000))',
        'timeout',
      ],
      ['memory', 'module.exports = () => { const all = []; for (;;) all.push(new Array(1000).fill(1.5)); }', 'memory'],
      ['what it returns', "module.exports = () => 'x'.repeat(1000000)", 'limit'],
    ];
    for (const [what, source, fault] of faults) {
      it(`end ${what}: ${fault}`, async () => {
        const result = await ran(runtime, source, {
          limits: { cpuMs: fault === 'memory' ? 2000 : 200, wallMs: fault === 'timeout' ? 300 : 20_000, heapMb: 16 },
        });
        assert.equal(result.kind, 'error', JSON.stringify(result));
        assert.equal(result.fault, fault);
      });
    }

    it('give each run the heap that it has, whatever the run before it had', async () => {
      const source = `module.exports = () => {
        const all = [];
        for (let n = 0; n < 6; n++) all.push(new Array(1_000_000).fill(n + 0.5));
        return all.length;
      }`;
      const outcomes: string[] = [];
      for (const heapMb of [128, 16, 128, 128, 16]) {
        const result = await ran(runtime, source, { limits: { heapMb, cpuMs: 2000, wallMs: 20_000 } });
        outcomes.push(result.kind === 'error' ? result.fault : result.kind);
      }
      assert.deepEqual(outcomes, ['ok', 'memory', 'ok', 'ok', 'memory']);
    });

    it('bound the fetches of a login', async () => {
      const host = testHost();
      const source = `module.exports = async () => {
        let last;
        for (let i = 0; i < 4; i++) last = await fetch('https://api.example.com/').then(() => 'sent', (error) => error.message);
        return last;
      }`;
      const net = [{ host: 'api.example.com', methods: ['GET'] }] as const;
      const result = await ran(runtime, source, { host, net, limits: { fetches: 3 } });
      assert.equal(result.kind, 'ok');
      assert.equal(result.output, 'a login may fetch 3 times');
      assert.equal(host.sent.length, 3);
    });

    it('bound the console, and say that something is missing', async () => {
      const result = await ran(
        runtime,
        "module.exports = () => { for (let i = 0; i < 5000; i++) console.log('x'.repeat(100)); }",
        { limits: { cpuMs: 2000 } },
      );
      assert.equal(result.kind, 'ok');
      assert.equal(result.consoleTruncated, true);
      assert.ok(result.console.reduce((sum, { text }) => sum + text.length + 1, 0) <= 64 * 1024 + 1);
    });
  });

  it('strikes secrets out of console, tape and message, however they are encoded', async () => {
    const secret = 'p"ss/word+1234';
    const source = `module.exports = async ({ secrets: { K } }) => {
      console.log(K, btoa(K), encodeURIComponent(K), JSON.stringify({ K }));
      await fetch('https://api.example.com/?k=' + encodeURIComponent(K), { headers: { authorization: 'Basic ' + btoa(K) } });
      throw new Error('it was ' + K);
    }`;
    const net = [{ host: 'api.example.com', methods: ['GET'] }] as const;
    const result = await ran(runtime, source, { net, secrets: { K: secret } });
    assert.equal(result.kind, 'error');
    const kept = JSON.stringify(result);
    for (const form of [secret, btoa(secret), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
      assert.ok(!kept.includes(form) && !kept.includes(JSON.stringify(form).slice(1, -1)), form);
  });

  it('lets no run see what another left behind', async () => {
    const script = await compiled(
      runtime,
      'module.exports = () => { const before = globalThis.left; globalThis.left = 1; Array.prototype.left = 1; return before ?? null }',
    );
    for (let i = 0; i < 3; i++) {
      const result = await ran(runtime, '', { script });
      assert.equal(result.kind === 'ok' ? result.output : result, null);
    }
  });
});
