import assert from 'node:assert/strict';
import { decide, transformAll, type Verdict } from '../../../server/extension-points/hook-kinds.ts';

const deny: Verdict = { kind: 'deny', error: 'access_denied', description: 'no' };

describe('decide', () => {
  it('allows when nobody denies, and when nobody is asked', async () => {
    assert.deepEqual(await decide([{ owner: 'a', value: () => ({ kind: 'allow' }) }], 1), { kind: 'allow' });
    assert.deepEqual(await decide([], 1), { kind: 'allow' });
  });

  it('lets the first deny win: those behind it are not asked', async () => {
    const asked: string[] = [];
    const check = (name: string, verdict: Verdict) => ({
      owner: name,
      value: (): Verdict => {
        asked.push(name);
        return verdict;
      },
    });
    const decision = await decide([check('a', { kind: 'allow' }), check('b', deny), check('c', { kind: 'allow' })], 1);
    assert.deepEqual(decision, { ...deny, owner: 'b', cause: undefined });
    assert.deepEqual(asked, ['a', 'b']);
  });

  it('denies on an error, thrown or rejected, and tells the public nothing of it', async () => {
    const cause = new Error('password=hunter2');
    const thrown = await decide(
      [
        {
          owner: 'a',
          value: (): Verdict => {
            throw cause;
          },
        },
      ],
      1,
    );
    const rejected = await decide([{ owner: 'a', value: () => Promise.reject(cause) }], 1);
    for (const decision of [thrown, rejected]) {
      assert.deepEqual(decision, {
        kind: 'deny',
        error: 'server_error',
        description: 'the request could not be checked',
        owner: 'a',
        cause,
      });
    }
  });

  it('denies when a check in plain JavaScript answers something else', async () => {
    for (const answer of ['undefined', '{}', 'true', '{"kind":"Allow"}']) {
      const check: (input: number) => Verdict = () =>
        (answer === 'undefined' ? undefined : JSON.parse(answer)) as Verdict;
      assert.equal((await decide([{ owner: 'a', value: check }], 1)).kind, 'deny', answer);
    }
  });
});

describe('transformAll', () => {
  interface Answer {
    readonly steps: readonly string[];
  }
  const append = (name: string) => ({
    owner: name,
    value: ({ steps }: Answer): Answer => ({ steps: [...steps, name] }),
  });
  const free = (result: Answer) => result;

  it('hands the value on in order', () => {
    assert.deepEqual(transformAll([append('a'), append('b')], { steps: [] }, undefined, free), { steps: ['a', 'b'] });
  });

  it('keeps a transformation from writing into what it was given, however deep', () => {
    const given = { steps: ['x'] };
    const push = {
      owner: 'p',
      value: (value: Answer): Answer => {
        (value.steps as string[]).push('y');
        return value;
      },
    };
    assert.throws(
      () => transformAll([push], given, undefined, free),
      (error: Error) => error.cause instanceof Error && error.cause.message === 'plugin "p"',
    );
    assert.deepEqual(given, { steps: ['x'] });
  });

  it('checks each result before the next sees it', () => {
    const check = (result: Answer) => {
      if (result.steps.includes('bad')) throw new Error('bad step');
      return result;
    };
    assert.throws(() => transformAll([append('bad'), append('after')], { steps: [] }, undefined, check), {
      code: 'internal',
      message: 'the answer could not be made',
    });
  });
});
