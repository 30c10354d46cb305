/** What a run comes to for its login: decisions are taken from scripts that ended well, and from nothing else. */
import assert from 'node:assert/strict';
import type { Effect, JsonValue, Refused, RunOutcome, Script } from '../../../scripts-runtime/index.ts';
import { changesOf, endOf, verdictOf } from '../../../server/interactions/script-verdict.ts';

const script = (shape: Script['shape'], onError: 'deny' | 'continue' = 'deny') =>
  ({
    shape,
    manifest: { runtime: '2026-11', secrets: [], net: [], effects: [], onError },
  }) as const satisfies Pick<Script, 'shape' | 'manifest'>;
const returned = (output: JsonValue) => verdictOf(script('classic'), { kind: 'ok', output, effects: [] });
const wanted = (...effects: readonly Effect[]) => verdictOf(script('typed'), { kind: 'ok', output: null, effects });

describe('verdictOf', () => {
  it('takes from a classic script what is published, and nothing else', () => {
    const verdict = returned({ authn_ctx: { a: 1 }, amr: ['otp'], acr: '', idp_sub: null, sub: 'evil' });
    assert.deepEqual(verdict, { outcome: 'passed', adds: { context: { a: 1 }, said: { amr: ['otp'] } } });
    assert.deepEqual(returned({ acr: 'high' }), { outcome: 'passed', adds: { context: {}, said: { acr: 'high' } } });
  });

  it('fails for what cannot be used', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`a${String(index)}`, index]));
    for (const output of [
      null,
      'yes',
      [],
      { authn_ctx: [] },
      { amr: 'pwd' },
      { authn_ctx: many },
      { authn_ctx: { constructor: 1 } },
    ])
      assert.equal(returned(output).outcome, 'failed', JSON.stringify(output));
  });

  it('reads a typed script’s effects in their order; of two words about a scope the refusal counts', () => {
    const verdict = wanted(
      { effect: 'claims', name: 'a', value: 1 },
      { effect: 'claims', name: 'a', value: 2 },
      { effect: 'scopes', action: 'deny', scope: 'email' },
      { effect: 'scopes', action: 'grant', scope: 'email' },
      { effect: 'acr', value: 'high' },
    );
    const scopes = { granted: [], denied: ['email'] };
    assert.deepEqual(verdict, { outcome: 'passed', adds: { context: { a: 2 }, said: { acr: 'high' }, scopes } });
    assert.equal(wanted({ effect: 'scopes', action: 'deny', scope: 'openid' }).outcome, 'failed');
    const metadata = wanted(
      { effect: 'metadata', value: { tier: 'silver', seen: 1 } },
      { effect: 'metadata', value: { tier: 'gold', old: null } },
    );
    assert.ok(metadata.outcome === 'passed');
    assert.deepEqual(metadata.adds.metadata, { tier: 'gold', seen: 1, old: null });
    assert.equal(wanted({ effect: 'metadata', value: { constructor: {} } }).outcome, 'failed');
    assert.equal(wanted({ effect: 'claims', name: 'constructor', value: {} }).outcome, 'failed');
    const odd = wanted({ effect: 'claims', name: '__proto__', value: { admin: true } });
    assert.ok(odd.outcome === 'passed' && !('admin' in (odd.adds.context ?? {})));
  });

  it('lets nobody pass a script that failed, unless it said so beforehand; a refusal stays one', () => {
    const ends: readonly Exclude<RunOutcome, { kind: 'suspended' | 'ok' | 'denied' }>[] = [
      { kind: 'error', fault: 'timeout', message: '', stack: [] },
      { kind: 'host_crash', message: '' },
    ];
    for (const end of ends) {
      assert.deepEqual(verdictOf(script('typed'), end), { outcome: 'failed' });
      const nothing = { scopes: { granted: [], denied: [] } };
      assert.deepEqual(verdictOf(script('typed', 'continue'), end), { outcome: 'continued', adds: nothing });
    }
    const denied = { kind: 'denied', reason: 'risk', details: {} } as const;
    assert.deepEqual(verdictOf(script('typed', 'continue'), denied), { outcome: 'denied' });
  });
});

describe('a script that failed and lets logins go on', () => {
  const down = { kind: 'error', fault: 'exception', message: 'down', stack: [] } as const;
  const of = (refused: Refused, ended: Parameters<typeof verdictOf>[1] = down) =>
    verdictOf(script('typed', 'continue'), ended, refused);

  it('has what it refused before stay refused, however it failed', () => {
    const refused = { scopes: ['email', 'admin'], isComplete: true };
    const unusable = {
      kind: 'ok',
      output: null,
      effects: [{ effect: 'claims', name: 'constructor', value: {} }],
    } as const;
    for (const ended of [down, { kind: 'host_crash', message: '' } as const, unusable]) {
      const verdict = of(refused, ended);
      assert.ok(verdict.outcome === 'continued', ended.kind);
      assert.deepEqual(verdict.adds, { scopes: { granted: [], denied: ['email', 'admin'] } });
    }
  });

  it('denies where nobody knows all that it refused, or no login is answered without it', () => {
    assert.equal(of({ scopes: ['email'], isComplete: false }).outcome, 'failed');
    assert.equal(of({ scopes: ['openid'], isComplete: true }).outcome, 'failed');
  });

  it('is another one where it refused something else', () => {
    const end = endOf(script('typed', 'continue'), down, {
      shown: { output: null, effects: [], refused: ['email'] },
      refused: { scopes: ['email'], isComplete: true },
    });
    assert.deepEqual(end.refused, ['email']);
    const denied = (refused: readonly string[]) =>
      changesOf(script('typed', 'continue'), { result: end.result, refused })?.['scopes.denied'];
    assert.deepEqual([denied(['email']), denied([])], [['email'], []]);
    assert.equal(changesOf(script('typed'), { result: end.result }), undefined);
  });
});

describe('endOf', () => {
  const shown = { output: { authn_ctx: { key: '[secret:KEY]' } }, effects: [], refused: [] };
  const left = { shown, refused: { scopes: [], isComplete: true } };

  it('keeps what a script returned without its secrets, and lets the login take over what it returned', () => {
    const end = endOf(script('classic'), { kind: 'ok', output: { authn_ctx: { key: 'k' } }, effects: [] }, left);
    assert.deepEqual(end.result, { kind: 'ok', output: shown.output, effects: [] });
    assert.deepEqual(end.adds?.context, { key: 'k' });
  });

  it('keeps why a result could not be used in its place, and nothing of a run besides what it came to', () => {
    const unusable = endOf(script('classic'), { kind: 'ok', output: null, effects: [] });
    assert.ok(unusable.outcome === 'failed' && unusable.result.kind === 'error' && unusable.adds === undefined);
    assert.match(unusable.result.message, /returned nothing/);
    const denied = { kind: 'denied', reason: 'risk', details: {} } as const;
    assert.deepEqual(endOf(script('typed'), Object.assign({}, denied, { tape: 'x' })), {
      outcome: 'denied',
      result: denied,
    });
  });
});

describe('changesOf', () => {
  it('says the same of versions of either shape that come to the same', () => {
    const classic = { kind: 'ok', output: { authn_ctx: { a: 1 }, acr: 'high' }, effects: [] } as const;
    const effects = [
      { effect: 'acr', value: 'high' },
      { effect: 'claims', name: 'a', value: 1 },
    ] as const;
    const expected = {
      'claims.a': 1,
      acr: 'high',
      amr: null,
      idp_sub: null,
      'scopes.granted': [],
      'scopes.denied': [],
    };
    assert.deepEqual(changesOf(script('classic'), { result: classic }), expected);
    assert.deepEqual(changesOf(script('typed'), { result: { kind: 'ok', output: null, effects } }), expected);
  });

  it('says nothing of what let no login pass', () => {
    assert.equal(changesOf(script('typed'), { result: { kind: 'denied', reason: 'x', details: {} } }), undefined);
    assert.equal(changesOf(script('classic'), { result: { kind: 'ok', output: null, effects: [] } }), undefined);
  });
});
