/** Verdicts on logins: what counts as a difference, and how much of one is told. */
import assert from 'node:assert/strict';
import { beginTape } from '../../../scripts-runtime/index.ts';
import type { Rehearsed } from '../../../server/extensions/script-rehearsal.ts';
import type { ScriptRun, ScriptRunEnd, ScriptRunInfo } from '../../../server/extensions/script-run.ts';
import { notComparable, verdictOn } from '../../../server/extensions/script-shadow.ts';
import {
  clientId,
  interactionId,
  scriptId,
  scriptRunId,
  scriptVersionId,
  tenantId,
  workspaceId,
} from '../../../server/kernel/ids.ts';
import { judges } from '../../support/recorded-runs.ts';

const judge = judges.post_authn_ctx;

describe('verdictOn', () => {
  const version = 'a'.repeat(64);
  const tape = beginTape({ script: version, input: {}, at: 0 }, (length) => new Uint8Array(length));
  const typed = {
    shape: 'typed',
    manifest: { runtime: '2026-11', secrets: [], net: [], effects: ['claims', 'amr', 'scopes'], onError: 'deny' },
  } as const;
  const info: ScriptRunInfo = {
    tenantId: tenantId('acme'),
    workspaceId: workspaceId('shop'),
    interactionId: interactionId('login'),
    scriptId: scriptId('risk'),
    id: scriptRunId('run'),
    clientId: clientId('app'),
    version: scriptVersionId(version),
    point: 'post_authn_ctx',
    slices: 1,
    startedAt: 0,
    outcome: 'passed',
  };
  const runOf = (end: Omit<ScriptRunEnd, 'at'> | undefined, cpuMs = 10): ScriptRun => {
    const { outcome: _outcome, ...rest } = info;
    const times = { cpuMs, wallMs: 1, expiresAt: 1 };
    const said = {
      subject: 'sub',
      input: {},
      tape,
      console: [],
      secrets: [],
      ...(end === undefined ? {} : { end: { ...end, at: 0 } }),
    };
    return { ...rest, ...said, ...times };
  };
  type Ok = Extract<ScriptRunEnd['result'], { kind: 'ok' }>;
  const ok = (...effects: Ok['effects']): Ok => ({ kind: 'ok', output: null, effects });
  const claim = (name: string, value: string) => ({ effect: 'claims', name, value }) as const;
  const again = (result: ScriptRunEnd['result'], cpuMs = 10): Rehearsed => ({
    ...{ tape, console: [], longAnswers: new Map(), secrets: [], cpuMs, wallMs: 1 },
    ...result,
    shown: { ...(result.kind === 'ok' ? result : { output: null, effects: [] }), refused: [] },
    refused: { scopes: [], isComplete: true },
  });
  const verdict = (before: Ok, after: ScriptRunEnd['result'], cpuMs?: number) =>
    verdictOn(
      { run: runOf({ outcome: 'passed', result: before }), info },
      { before: typed, after: typed, again: again(after, cpuMs) },
      judge,
    );

  it('compares what a login takes over, in whichever order and however often it was said', () => {
    const scope = (action: 'grant' | 'deny', name: string) => ({ effect: 'scopes', action, scope: name }) as const;
    const one = ok(claim('a', '1'), claim('b', '2'), scope('deny', 'x'), scope('deny', 'y'));
    const other = ok(
      scope('deny', 'y'),
      claim('b', '3'),
      claim('b', '2'),
      scope('grant', 'x'),
      scope('deny', 'x'),
      claim('a', '1'),
    );
    assert.equal(verdict(one, other).kind, 'same');
    assert.deepEqual(verdict(one, ok(claim('a', '1'), claim('c', '2'))).changes, [
      'claims.b',
      'claims.c',
      'scopes.denied',
    ]);
    assert.deepEqual(verdict(ok(), ok({ effect: 'amr', value: ['otp'] })).changes, ['amr']);
  });

  it('tells so many names, each so long, that no answer becomes a copy of what a script saw', () => {
    const many = Array.from({ length: 60 }, (_, nth) => claim(`${'long'.repeat(50)}${String(nth)}`, 'x'));
    const { changes } = verdict(ok(), ok(...many));
    assert.equal(changes.length, 20);
    assert.ok(changes.every((name) => name.length <= 64));
  });

  it('takes for slower what is far slower, and for no difference', () => {
    assert.deepEqual(
      [10, 30, 31].map((cpuMs) => verdict(ok(), ok(), cpuMs)).map(({ kind, isSlower }) => [kind, isSlower]),
      [
        ['same', false],
        ['same', false],
        ['same', true],
      ],
    );
  });

  it('knows a failure that the login had as well', () => {
    const error = { kind: 'error', fault: 'exception', message: 'of ada@example.com', stack: [] } as const;
    const failed = runOf({ outcome: 'failed', result: error });
    const of = { before: typed, after: typed } as const;
    assert.equal(
      verdictOn({ run: failed, info }, { ...of, again: again({ ...error, message: 'x' }) }, judge).kind,
      'same',
    );
    assert.deepEqual(verdictOn({ run: failed, info }, { ...of, again: again(ok()) }, judge).changes, ['outcome']);
    const crashed = verdict(ok(), { kind: 'host_crash', message: 'died' });
    assert.deepEqual([crashed.kind, crashed.fault, crashed.outcome], ['error', 'host_crash', 'failed']);
    assert.doesNotMatch(JSON.stringify(verdict(ok(), error)), /\bada\b/);
  });

  it('says nothing of a run that is not over', () => {
    const open = verdictOn({ run: runOf(undefined), info }, { before: typed, after: typed, again: again(ok()) }, judge);
    assert.deepEqual(open, notComparable(info, 'unfinished'));
  });
});
