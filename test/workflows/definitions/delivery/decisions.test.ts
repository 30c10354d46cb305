/** The decisions of a delivery, one by one. */
import assert from 'node:assert/strict';
import type { Attempted } from '../../../../workflows/contract/delivery.ts';
import {
  attemptOf,
  chanceOf,
  courseAfter,
  courseAfterNone,
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

function after(course: Course | undefined, ...answers: readonly Extract<Attempted, { reason: string }>[]): Course {
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

describe('courseAfterNone', () => {
  const later = { kind: 'later', afterMs: 1_000 } as const;
  const lifetimeMs = 72 * 3_600_000;

  it('says nothing of the destination, and rests twice as long each time there is no place, up to a quarter of an hour', () => {
    let course = after(newCourse(1), failed);
    const pauses: number[] = [];
    for (let count = 0; count < 12; count += 1) {
      course = courseAfterNone(course, later);
      pauses.push(pauseBefore(course, { lifetimeMs }));
    }
    assert.deepEqual(pauses.slice(0, 3), [1_000, 2_000, 4_000]);
    assert.equal(pauses.at(-1), 900_000);
    assert.deepEqual([course.tries, course.failures], [1, [1]]);
  });

  it('is forgotten with the next try', () => {
    const course = after(courseAfterNone(newCourse(1), later), failed);
    assert.equal(pauseBefore(course, { lifetimeMs }), 2_000);
  });
});

describe('chanceOf', () => {
  it('is spread over deliveries and over the rests of each, and the same when it is asked again', () => {
    const of = (id: number, tries: number) => chanceOf({ deliveryId: `d${String(id)}` }, { tries, put: 0 });
    for (const numbers of [
      Array.from({ length: 1000 }, (_, id) => of(id, 1)),
      Array.from({ length: 1000 }, (_, tries) => of(1, tries)),
    ]) {
      assert.ok(numbers.every((one) => one >= 0 && one < 1));
      for (let tenth = 0; tenth < 10; tenth += 1)
        assert.ok(numbers.filter((one) => Math.floor(one * 10) === tenth).length >= 60, String(tenth));
    }
    assert.equal(of(1, 1), of(1, 1));
  });
});

describe('pauseBefore with a policy of its own', () => {
  const retry = { firstMs: 5_000, longestMs: 4 * 3_600_000, jitter: 0.5 };
  const lifetimeMs = 72 * 3_600_000;

  it('doubles up to the longest, half of it by chance', () => {
    const of = (count: number, chance: number) =>
      pauseBefore(after(newCourse(1), ...times(count)), { lifetimeMs, retry }, chance);
    assert.deepEqual([of(1, 0), of(2, 0), of(30, 0)], [5_000, 10_000, 4 * 3_600_000]);
    assert.deepEqual([of(1, 0.5), of(1, 0.8)], [3_750, 3_000]);
  });

  it('rests as long as the receiver asks for, and never longer than the longest', () => {
    const asked = (retryAfterMs: number) =>
      pauseBefore(after(newCourse(1), { ...failed, retryAfterMs }), { lifetimeMs, retry }, 0.9);
    assert.deepEqual([asked(60_000), asked(30 * 86_400_000), asked(1)], [60_000, 4 * 3_600_000, 2_750]);
  });

  it('takes some thirty tries in 72 hours, whatever chance says', () => {
    for (const chance of [0, 0.5, 0.99]) {
      let [course, waited, tries] = [newCourse(1), 0, 0];
      for (; waited < lifetimeMs; tries += 1) {
        waited += pauseBefore(course, { lifetimeMs, retry }, chance);
        course = after(course, failed);
      }
      assert.ok(tries >= 25 && tries <= 60, String(tries));
    }
  });
});

describe('pauseBefore', () => {
  it('is none at an address that did not fail yet, and doubles with each failure, up to an hour', () => {
    const month = 30 * 86_400_000;
    const pauses = [0, 1, 2, 3, 30].map((count) =>
      pauseBefore(after(newCourse(1), ...times(count)), { lifetimeMs: month }),
    );
    assert.deepEqual(pauses, [0, 2_000, 4_000, 8_000, 3_600_000]);
    assert.equal(pauseBefore(after(newCourse(2), ...times(triesInTurn)), { lifetimeMs: month }), 0);
  });

  it('reaches a fallback within a quarter of a minute', () => {
    let waited = 0;
    for (let course = newCourse(2); course.destination === 0; course = after(course, failed))
      waited += pauseBefore(course, { lifetimeMs: tenMinutes });
    assert.ok(waited <= 15_000);
  });

  it('is at most a tenth of the whole time: a provider that comes back late is still asked', () => {
    assert.equal(pauseBefore(after(newCourse(1), ...times(30)), { lifetimeMs: tenMinutes }), 60_000);
    assert.equal(pauseBefore(after(newCourse(1), ...times(30)), { lifetimeMs: 5_000 }), 2_000);
  });

  it('keeps the history of what is good for a month short', () => {
    const month = 30 * 86_400_000;
    let [course, waited, tries] = [newCourse(3), 0, 0];
    for (; waited < month; tries += 1) {
      waited += pauseBefore(course, { lifetimeMs: month });
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
