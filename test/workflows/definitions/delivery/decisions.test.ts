/** The decisions of a delivery, one by one. */
import assert from 'node:assert/strict';
import {
  attemptOf,
  courseAfter,
  endedDetails,
  newCourse,
  pauseBefore,
  restingDetails,
  triesInTurn,
  tryingDetails,
  type Course,
} from '../../../../workflows/definitions/delivery/decisions.ts';

const failed = { kind: 'failed', reason: 'ECONNECTION' } as const;
const refused = { kind: 'refused', reason: 'smtp_550' } as const;
const tenMinutes = 600_000;

function after(course: Course | undefined, ...answers: readonly (typeof failed | typeof refused)[]): Course {
  const next = answers.reduce<Course | undefined>((now, answer) => now && courseAfter(now, answer), course);
  assert.ok(next);
  return next;
}
const times = (count: number) => Array.from({ length: count }, () => failed);

describe('courseAfter', () => {
  it('stays at an address for a few tries, then goes on to the fallbacks and round again', () => {
    const places: number[] = [];
    let course = newCourse(3);
    for (let tries = 0; tries < 3 * triesInTurn + 1; tries += 1) {
      places.push(course.destination);
      course = after(course, failed);
    }
    assert.deepEqual(places, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0]);
  });

  it('leaves an address at once that refuses for good, and never comes back to it', () => {
    const course = after(newCourse(2), refused);
    assert.deepEqual(attemptOf(course), { number: 2, destination: 1 });
    assert.equal(after(course, ...times(triesInTurn * 3)).destination, 1);
  });

  it('gives up once everybody has refused', () => {
    assert.equal(courseAfter(after(newCourse(2), refused), refused), undefined);
  });
});

describe('pauseBefore', () => {
  it('is none at an address that did not fail yet, and doubles with each failure, up to an hour', () => {
    const month = 30 * 86_400_000;
    const pauses = [0, 1, 2, 3, 30].map((count) => pauseBefore(after(newCourse(1), ...times(count)), month));
    assert.deepEqual(pauses, [0, 2_000, 4_000, 8_000, 3_600_000]);
    assert.equal(pauseBefore(after(newCourse(2), ...times(triesInTurn)), month), 0);
  });

  it('reaches a fallback within a quarter of a minute', () => {
    let waited = 0;
    for (let course = newCourse(2); course.destination === 0; course = after(course, failed))
      waited += pauseBefore(course, tenMinutes);
    assert.ok(waited <= 15_000);
  });

  it('is at most a tenth of the whole time: a provider that comes back late is still asked', () => {
    assert.equal(pauseBefore(after(newCourse(1), ...times(30)), tenMinutes), 60_000);
    assert.equal(pauseBefore(after(newCourse(1), ...times(30)), 5_000), 2_000);
  });

  it('keeps the history of what is good for a month short', () => {
    const month = 30 * 86_400_000;
    let [course, waited, tries] = [newCourse(3), 0, 0];
    for (; waited < month; tries += 1) {
      waited += pauseBefore(course, month);
      course = after(course, failed);
    }
    assert.ok(tries < 1000, String(tries));
  });
});

describe('what the Temporal UI shows of a delivery', () => {
  it('says where it stands, by numbers and codes', () => {
    const course = after(newCourse(2), ...times(triesInTurn));
    assert.equal(tryingDetails({ number: 1, destination: 0 }), '**Sending to the address**, attempt 1');
    assert.equal(tryingDetails(attemptOf(course)), '**Sending to fallback 1**, attempt 5');
    assert.equal(
      restingDetails(after(newCourse(1), failed), 'noon', 2_000),
      '**Waiting to try again** for 2 s since noon, attempt 2 (last: ECONNECTION)',
    );
    assert.match(restingDetails(course, 'noon', 1), /at fallback 1\*\*/);
    assert.equal(endedDetails({ outcome: 'delivered', reason: 'delivered' }), '**Ended: delivered**');
    assert.equal(endedDetails({ outcome: 'failed', reason: 'smtp_550' }), '**Ended: failed** (smtp_550)');
  });
});
