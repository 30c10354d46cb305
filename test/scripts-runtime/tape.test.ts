/** A tape repeats a run byte for byte, carries a login over its suspensions, and is good for nothing else. */
import assert from 'node:assert/strict';
import { parseTape, suspensionOf } from '../../scripts-runtime/index.ts';
import { compiled, ran, testHost, testRuntime, typed } from '../support/scripts.ts';
import type { ScriptsRuntime } from '../support/scripts.ts';

const net = [{ host: 'api.example.com', methods: ['GET'] }] as const;

describe('a tape', () => {
  let runtime: ScriptsRuntime;
  before(async () => {
    runtime = await testRuntime({ children: 2 });
  });
  after(() => runtime.stop());

  const busy = `module.exports = async (context) => {
    const { v4 } = require('uuid');
    const both = await Promise.all(['a', 'b'].map(async (path) => (await fetch('https://api.example.com/' + path)).text()));
    return { both, at: Date.now(), day: new Date().toISOString(), chance: [Math.random(), v4(), crypto.randomUUID()],
      order: Object.keys(JSON.parse(both[0])), token: require('jsonwebtoken').sign({}, context.secrets.KEY) };
  }`;

  it('gives the same output byte for byte, and asks nobody', async () => {
    const host = testHost((url) => new Response(`{"z":1,"a":"${url}"}`));
    const script = await compiled(runtime, busy);
    const secrets = { KEY: 'the-key-of-the-workspace' };
    const first = await ran(runtime, '', { script, host, net, secrets });
    assert.equal(first.kind, 'ok', JSON.stringify(first));
    const silent = testHost(() => assert.fail('asked'));
    const again = await ran(runtime, '', {
      script,
      host: silent,
      net,
      secrets,
      tape: parseTape(JSON.parse(JSON.stringify(first.tape))),
      mode: 'replay',
    });
    assert.equal(again.kind, 'ok', JSON.stringify(again));
    assert.equal(JSON.stringify(again.output), JSON.stringify(first.output));
    assert.deepEqual(again.tape, first.tape);
    assert.deepEqual(silent.sent, []);
  });

  it('keeps the order in which answers came, whatever the order of the questions', async () => {
    const late = Promise.withResolvers<Response>();
    const host = testHost((url) => {
      if (url.endsWith('/slow')) return late.promise;
      setTimeout(() => late.resolve(new Response('slow')), 50);
      return new Response('fast');
    });
    const source = `module.exports = async () => {
      const seen = [];
      await Promise.all(['slow', 'fast'].map(async (path) => seen.push(await (await fetch('https://api.example.com/' + path)).text())));
      return seen;
    }`;
    const script = await compiled(runtime, source);
    const first = await ran(runtime, '', { script, host, net });
    const again = await ran(runtime, '', { script, net, tape: first.tape, mode: 'replay' });
    assert.deepEqual(first.kind === 'ok' && first.output, ['fast', 'slow']);
    assert.deepEqual(again.kind === 'ok' && again.output, ['fast', 'slow']);
  });

  it('carries a login over two suspensions, in new isolates, doing nothing twice', async () => {
    const host = testHost();
    const script = await compiled(
      runtime,
      typed(
        `const risk = await api.fetch('https://api.example.com/score');
         const before = Math.random();
         const org = await api.redirect('org-picker', { data: { hint: event.user.id } });
         const decision = await api.approval({ group: 'treasury', quorum: 2, timeout: '3d', reason: 'Treasury access' });
         if (!decision.approved) return api.deny('not_approved');
         api.claims.set('org', [org.data.orgId, risk.body.score, before === Math.random()]);`,
        "net: [{ host: 'api.example.com' }], effects: ['claims', 'deny', 'redirect', 'approval'],",
      ),
    );
    const request = { script, host, input: { user: { id: 'u-1' } } };
    const first = await ran(runtime, '', request);
    assert.equal(first.kind, 'suspended', JSON.stringify(first));
    assert.deepEqual([first.suspend, first.request], ['redirect', { app: 'org-picker', data: { hint: 'u-1' } }]);
    const second = await ran(runtime, '', {
      ...request,
      tape: parseTape(JSON.parse(JSON.stringify(first.tape))),
      answer: { data: { orgId: 'treasury' } },
    });
    assert.equal(second.kind, 'suspended', JSON.stringify(second));
    assert.deepEqual(second.request, {
      quorum: 2,
      reason: 'Treasury access',
      group: 'treasury',
      timeoutMs: 3 * 86_400_000,
    });
    const third = await ran(runtime, '', { ...request, tape: second.tape, answer: { approved: true } });
    assert.equal(third.kind, 'ok', JSON.stringify(third));
    assert.deepEqual(third.effects, [{ effect: 'claims', name: 'org', value: ['treasury', 42, false] }]);
    assert.equal(host.sent.length, 1);
    assert.equal(suspensionOf(third.tape), undefined);
  });

  it('finishes what is on its way before the login waits, and lets nothing else begin', async () => {
    const host = testHost();
    const script = await compiled(
      runtime,
      typed(
        `const early = api.fetch('https://api.example.com/1');
         const waiting = api.sleep('1h');
         const late = await api.cache.set('x', 1).catch((error) => error.message);
         await waiting;
         return [late, (await early).status];`,
        "net: [{ host: 'api.example.com' }], effects: ['sleep'],",
      ),
    );
    const first = await ran(runtime, '', { script, host });
    assert.equal(first.kind, 'suspended', JSON.stringify(first));
    assert.deepEqual(first.request, { ms: 3_600_000 });
    const second = await ran(runtime, '', { script, host, tape: first.tape, answer: null });
    assert.equal(second.kind, 'ok', JSON.stringify(second));
    assert.deepEqual(second.output, ['nothing can be asked while the login waits', 200]);
    assert.deepEqual([host.sent.length, host.cached.size], [1, 0]);
  });

  it('ends a replay where the login waits, with what was asked beside it', async () => {
    const host = testHost();
    const source = typed(
      `const early = api.fetch('https://api.example.com/1');
       const waiting = api.sleep('1h');
       await early;
       await api.cache.get('x').catch(() => undefined);
       await waiting;`,
      "net: [{ host: 'api.example.com' }], effects: ['sleep'],",
    );
    const script = await compiled(runtime, source);
    const first = await ran(runtime, '', { script, host });
    assert.equal(first.kind, 'suspended', JSON.stringify(first));
    const silent = testHost(() => assert.fail('asked'));
    for (const mode of ['replay', 'shadow'] as const) {
      const again = await ran(runtime, '', { script, host: silent, tape: first.tape, mode });
      assert.equal(again.kind, 'suspended', JSON.stringify(again));
      assert.deepEqual([again.suspend, again.request], [first.suspend, first.request]);
      assert.deepEqual(again.tape, first.tape);
    }
    const elsewhere = await compiled(runtime, source.replace('1h', '2h'));
    const diverged = await ran(runtime, '', { script: elsewhere, host: silent, tape: first.tape, mode: 'shadow' });
    assert.equal(diverged.kind === 'error' && diverged.fault, 'diverged');
  });

  it('is refused where the script asks something else', async () => {
    const changed = (url: string) =>
      `module.exports = async () => (await fetch('https://api.example.com/${url}')).status`;
    const first = await ran(runtime, changed('a'), { net });
    const other = await compiled(runtime, changed('b'));
    const host = testHost();
    const shadow = await ran(runtime, '', { script: other, host, net, tape: first.tape, mode: 'shadow' });
    assert.deepEqual([shadow.kind, shadow.kind === 'error' && shadow.fault], ['error', 'diverged']);
    const replay = await ran(runtime, '', { script: other, host, net, tape: first.tape, mode: 'replay' });
    assert.equal(replay.kind === 'error' && replay.message, 'the tape is of another version of the script');
    const longer = await compiled(
      runtime,
      `module.exports = async () => { await fetch('https://api.example.com/a'); await fetch('https://api.example.com/a'); }`,
    );
    const more = await ran(runtime, '', { script: longer, host, net, tape: first.tape, mode: 'shadow' });
    assert.equal(more.kind === 'error' && more.fault, 'diverged');
    assert.deepEqual(host.sent, []);
  });

  it('is refused for another input', async () => {
    const script = await compiled(runtime, 'module.exports = () => 1');
    const first = await ran(runtime, '', { script, input: { sub: 'one' } });
    const other = await ran(runtime, '', { script, input: { sub: 'other' }, tape: first.tape });
    assert.equal(other.kind === 'error' && other.message, 'the tape is of another input');
  });

  it('leaves long answers to the store of spilled ones, and refuses one that was changed there', async () => {
    const host = testHost(() => new Response('x'.repeat(100_000)));
    const script = await compiled(
      runtime,
      `module.exports = async () => (await (await fetch('https://api.example.com/')).text()).length`,
    );
    const first = await ran(runtime, '', { script, host, net });
    assert.ok(JSON.stringify(first.tape).length < 2_000);
    assert.equal(host.spilled.size, 1);
    const again = await ran(runtime, '', { script, host, net, tape: first.tape, mode: 'replay' });
    assert.equal(again.kind === 'ok' && again.output, 100_000);
    for (const key of host.spilled.keys()) host.spilled.set(key, Buffer.from('{}'));
    await assert.rejects(
      ran(runtime, '', { script, host, net, tape: first.tape, mode: 'replay' }),
      /not there any more/,
    );
  });

  it('shows a mark of somebody else for what it is: text', async () => {
    const host = testHost(() => new Response('[secret:K:raw:0000000000000000]'));
    const source = `module.exports = async () => (await (await fetch('https://api.example.com/')).text())`;
    const script = await compiled(runtime, source);
    const secrets = { K: 'the-secret-itself' };
    const first = await ran(runtime, '', { script, host, net, secrets });
    const again = await ran(runtime, '', { script, host, net, secrets, tape: first.tape, mode: 'replay' });
    assert.equal(again.kind === 'ok' && again.output, '[secret:K:raw:0000000000000000]');
  });

  it('is refused when it is no tape', () => {
    assert.throws(() => parseTape({ format: 1, entries: [] }));
    assert.throws(() => parseTape({ ...({} as object), format: 2 }));
  });
});
