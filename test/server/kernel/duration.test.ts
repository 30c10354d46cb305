/** Durations in Go's notation. */
import assert from 'node:assert/strict';
import { formatDuration, parseDuration } from '../../../server/kernel/duration.ts';

describe('parseDuration', () => {
  it('reads what Go prints, and days', () => {
    const cases: readonly [string, number][] = [
      ['1h0m0s', 3_600_000],
      ['720h0m0s', 2_592_000_000],
      ['1h10m30s', 4_230_000],
      ['250ms', 250],
      ['30d', 2_592_000_000],
      ['1.5s', 1500],
      ['0s', 0],
    ];
    for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
  });

  it('refuses everything else', () => {
    for (const text of ['', '1', 'h', '1h 2m', '-1s', '1w', '1hs', 'NaN', '1e3s', ' 1s'])
      assert.equal(parseDuration(text), undefined, text);
  });
});

describe('formatDuration', () => {
  it('prints as Go does, and what it prints is read back', () => {
    const cases: readonly [number, string][] = [
      [3_600_000, '1h0m0s'],
      [2_592_000_000, '720h0m0s'],
      [90_000, '1m30s'],
      [0, '0s'],
      [250, '250ms'],
      [1500, '1.5s'],
    ];
    for (const [ms, text] of cases) {
      assert.equal(formatDuration(ms), text);
      assert.equal(parseDuration(text), ms);
    }
  });
});
