/** What a run comes to for its login: decisions are taken from scripts that ended well, and from nothing else. */
import assert from 'node:assert/strict';
import type { Effect, JsonValue, RunOutcome, Script } from '../../../scripts-runtime/index.ts';
import { verdictOf } from '../../../server/interactions/script-verdict.ts';

const script = (shape: Script['shape'], onError: 'deny' | 'continue' = 'deny') => ({
  compiled: {
    shape,
    point: 'post_authn_ctx',
    code: '',
    sha256: 'a'.repeat(64),
    manifest: { runtime: '2026-11', secrets: [], net: [], effects: [], onError },
  } as const satisfies Script,
});
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
    assert.equal(wanted({ effect: 'metadata', value: {} }).outcome, 'failed');
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
      assert.deepEqual(verdictOf(script('typed', 'continue'), end), { outcome: 'continued' });
    }
    const denied = { kind: 'denied', reason: 'risk', details: {} } as const;
    assert.deepEqual(verdictOf(script('typed', 'continue'), denied), { outcome: 'denied' });
  });
});
