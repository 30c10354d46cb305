/** What a person at the terminal reads. */
import assert from 'node:assert/strict';
import { loadConfig } from '../../server/config.ts';
import { ConfigError } from '../../server/config.ts';
import { PlatformError } from '../../server/kernel/errors.ts';
import { explainFailure, welcome, type Started } from '../../server/start-messages.ts';
import { TemporalUnavailable } from '../../workflows/errors.ts';

const started = (change: Partial<Started> = {}): Started => ({
  role: 'all',
  config: loadConfig({ DEFAULT_TENANT: 'acme' }),
  temporal: { chosen: 'the one on your PATH', uiUrl: 'http://localhost:8233' },
  report: undefined,
  ...change,
});

describe('welcome', () => {
  it('says what to open', () => {
    const text = welcome(started()).join('\n');
    assert.match(text, /http:\/\/localhost:8080\/acme\/demo\/demo/);
    assert.match(text, /http:\/\/localhost:8233/);
    assert.match(text, /the one on your PATH/);
    assert.match(text, /Ctrl-C/);
  });

  it('shows secrets made just now, and otherwise where they are', () => {
    const report = {
      firstStart: true,
      demoSeeded: true,
      rootClientSecret: 'planted-root',
      demoPassword: 'planted-demo',
      secretsFile: '/data/first-start.json',
    };
    const first = welcome(started({ report })).join('\n');
    assert.match(first, /planted-root/);
    assert.match(first, /planted-demo/);
    const later = {
      firstStart: false,
      demoSeeded: false,
      rootClientSecret: undefined,
      demoPassword: undefined,
      secretsFile: '/data/first-start.json',
    };
    const second = welcome(started({ report: later })).join('\n');
    assert.doesNotMatch(second, /Root secret/);
    assert.match(second, /in \/data\/first-start\.json/);
  });

  it('tells a worker’s terminal nothing that it does not have', () => {
    assert.deepEqual(welcome(started({ role: 'worker' })), ['Gatehouse worker: running logins.']);
  });

  it('names no demonstration where there is none', () => {
    assert.doesNotMatch(welcome(started({ config: loadConfig({ DEMO: 'false' }) })).join('\n'), /[Dd]emo/);
  });
});

describe('explainFailure', () => {
  it('is one sentence for what people can mend', () => {
    assert.equal(explainFailure(new PlatformError('unavailable', 'The database is away.')), 'The database is away.');
    assert.equal(explainFailure(new TemporalUnavailable('Install it so.')), 'Install it so.');
    assert.throws(
      () => loadConfig({ HTTP_PORT: 'eighty' }),
      (error) => error instanceof ConfigError && explainFailure(error).includes('HTTP_PORT'),
    );
  });

  it('is the whole failure for what only developers can', () => {
    assert.match(explainFailure(new TypeError('x is not a function')), /TypeError: x is not a function\n\s+at /);
    assert.equal(explainFailure('odd'), 'odd');
  });
});
