/** Entity tags and the precondition that compares them. */
import assert from 'node:assert/strict';
import { etagOf, matches, requireMatch } from '../../../server/http/etag.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';

describe('etagOf', () => {
  it('is one quoted text for equal bodies, and another for any other (RFC 9110 §8.8.3)', () => {
    assert.match(etagOf('{"a":1}'), /^"[A-Za-z0-9_-]{20,}"$/);
    assert.equal(etagOf('{"a":1}'), etagOf('{"a":1}'));
    assert.notEqual(etagOf('{"a":1}'), etagOf('{"a":2}'));
  });
});

describe('matches', () => {
  const etag = etagOf('{}');
  for (const [header, expected] of [
    [etag, true],
    [`"other" , ${etag}`, true],
    ['*', true],
    [`W/${etag}`, false],
    [etag.slice(1, -1), false],
    ['', false],
    [`${'"x",'.repeat(2000)}${etag}`, false],
  ] as const) {
    it(`of ${header.slice(0, 20)} is ${String(expected)} (RFC 9110 §13.1.1)`, () => {
      assert.equal(matches(header, etag), expected);
    });
  }
});

describe('requireMatch', () => {
  it('lets pass who has read what is stored, and who does not say what they read', () => {
    requireMatch(undefined, { a: 1 });
    requireMatch(etagOf('{"a":1}'), { a: 1 });
  });

  it('refuses who has read something else', () => {
    assert.throws(
      () => {
        requireMatch(etagOf('{"a":1}'), { a: 2 });
      },
      (error) => isPlatformError(error, 'precondition_failed'),
    );
  });
});
