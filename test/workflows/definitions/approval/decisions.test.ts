/** How often people are reminded, and what operations read. */
import assert from 'node:assert/strict';
import {
  endedDetails,
  mostReminders,
  pauseAfterReminder,
  waitingDetails,
} from '../../../../workflows/definitions/approval/decisions.ts';
import { newApproval } from '../../../support/approval-house.ts';

const day = 86_400_000;

describe('pauseAfterReminder', () => {
  /** When messages go out, in days, the first one left out. */
  const times = (lifetimeMs: number): readonly number[] => {
    const at: number[] = [];
    let now = 0;
    for (let sent = 1; ; sent += 1) {
      const pause = pauseAfterReminder(sent, lifetimeMs);
      if (pause === undefined) return at;
      now += pause;
      at.push(now / day);
    }
  };

  it('is a day', () => {
    assert.deepEqual(times(5 * day), [1, 2, 3, 4]);
    assert.deepEqual(times(3 * day), [1, 2]);
  });

  it('lies in the middle of what is short, and asks once who has minutes', () => {
    assert.deepEqual(times(day), [0.5]);
    assert.deepEqual(times(5 * 60_000), []);
  });

  it('grows with the time, so that there are never too many', () => {
    for (const days of [10, 30, 90]) {
      assert.ok(times(days * day).length < mostReminders);
      assert.ok(times(days * day).every((at) => at < days));
    }
  });
});

describe('details of an approval', () => {
  it('say how many are there of how many, and how it ended', () => {
    const said = waitingDetails(newApproval(), { approvals: 1, able: 1 }, 2, '2026-11-23T20:00:00Z');
    assert.equal(said, '**Waiting for approvals**: 1 of 2, asked 2 times, since 2026-11-23T20:00:00Z');
    assert.equal(endedDetails({ outcome: 'expired' }), '**Ended: expired**');
  });

  it('say so where fewer people may decide than are needed, as far as that is known', () => {
    const said = (approvals: number, able?: number) =>
      waitingDetails(newApproval(), { approvals, ...(able === undefined ? {} : { able }) }, 1, '2026-11-23T20:00:00Z');
    assert.match(said(0, 1), /\*\*Too few people may decide\*\*: 1 more$/);
    assert.match(said(1, 0), /\*\*Too few people may decide\*\*: nobody else$/);
    for (const enough of [said(0, 2), said(1, 1), said(0)]) assert.doesNotMatch(enough, /Too few/);
  });
});
