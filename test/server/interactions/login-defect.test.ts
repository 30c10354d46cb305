/** What a failing step tells Temporal. */
import assert from 'node:assert/strict';
import { ZodError } from 'zod';
import { isDefect, LoginDefect, PlatformAway, withoutDetails } from '../../../server/interactions/login-defect.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { defect } from '../../../workflows/contract/authentication.ts';
import { recordingLog } from '../../support/recording-log.ts';

describe('isDefect', () => {
  it('is what would fail the same way again', () => {
    for (const error of [
      new TypeError('x'),
      new ZodError([]),
      new SyntaxError('x'),
      new PlatformError('internal', 'x'),
    ])
      assert.ok(isDefect(error), String(error));
  });

  it('is not what passes: a database that is away, a row that is locked', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    for (const error of [refused, new PlatformError('unavailable', 'The database is busy'), 'unheard of'])
      assert.equal(isDefect(error), false);
  });
});

describe('withoutDetails', () => {
  const planted = "Duplicate entry 'ada@example.com' for key 'identifiers'";

  it('hands on a code only, and keeps what happened for the log', async () => {
    const { log, lines } = recordingLog();
    const fails = (error: Error) => withoutDetails(log, () => Promise.reject(error));
    await assert.rejects(fails(new TypeError(planted)), LoginDefect);
    await assert.rejects(fails(new Error(planted)), PlatformAway);
    for (const error of [new LoginDefect(), new PlatformAway()])
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /ada@example|Duplicate/);
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['error', 'warn'],
    );
  });

  it('names a defect as the workflow knows it', () => {
    assert.equal(LoginDefect.name, defect);
  });

  it('changes nothing about what succeeds', async () => {
    assert.equal(await withoutDetails(recordingLog().log, () => Promise.resolve(7)), 7);
  });
});
