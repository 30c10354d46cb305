/** Texts of failures are payloads, which the codec encrypts. */
import assert from 'node:assert/strict';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { failureConverter } from '../../workflows/failure-converter.ts';

describe('failureConverter', () => {
  it('leaves neither message nor stack of a failure or of its causes in clear', () => {
    const error = new Error('PLANTED outer', { cause: new Error('PLANTED inner') });
    const failure = failureConverter.errorToFailure(error, defaultPayloadConverter);
    assert.equal(JSON.stringify({ ...failure, encodedAttributes: undefined }).includes('PLANTED outer'), false);
    assert.equal(failure.cause?.message, 'Encoded failure');
    assert.equal(failure.cause.stackTrace, '');
    assert.ok(failure.encodedAttributes?.data);
  });

  it('gives the message back to who can decode it, and keeps the type that failures are told apart by', () => {
    const failure = failureConverter.errorToFailure(
      ApplicationFailure.nonRetryable('not now', 'not_waiting'),
      defaultPayloadConverter,
    );
    const error = failureConverter.failureToError(failure, defaultPayloadConverter);
    assert.ok(error instanceof ApplicationFailure);
    assert.equal(error.message, 'not now');
    assert.equal(error.type, 'not_waiting');
  });
});
