/** What is said when the process cannot start with its settings. */
import assert from 'node:assert/strict';
import { ConfigError, shown } from '../../../server/config/config-error.ts';

describe('ConfigError', () => {
  const port = { name: 'PORT', holds: '"x"', expected: 'it may hold a port' };

  it('names every problem on a line of its own, and where to read more', () => {
    const error = new ConfigError([port, { ...port, name: 'HOST' }]);
    assert.deepEqual(error.message.split('\n'), [
      'Gatehouse cannot start: 2 settings are wrong.',
      '  PORT is "x": it may hold a port.',
      '  HOST is "x": it may hold a port.',
      'Run with --help to see every setting.',
    ]);
    assert.equal(error.problems.length, 2);
  });

  it('counts one as one', () => {
    assert.match(new ConfigError([port]).message, /^Gatehouse cannot start: one setting is wrong\.\n/);
  });
});

describe('shown', () => {
  it('quotes a value, cut where it is long, with nothing in it that a terminal obeys', () => {
    assert.equal(shown('eighty', false), '"eighty"');
    assert.equal(shown('x'.repeat(81), false), `"${'x'.repeat(80)}…"`);
    assert.equal(shown('a\u001b[2J\nb', false), '"a\\u001b[2J\\nb"');
  });

  it('tells of a secret its length only', () => {
    assert.equal(shown('hunter2', true), '(hidden, 7 characters)');
  });
});
