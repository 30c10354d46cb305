import assert from 'node:assert/strict';
import { createTurns } from '../../../server/extensions/turns.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { tenantId } from '../../../server/kernel/ids.ts';

describe('createTurns', () => {
  const [acme, other] = [tenantId('acme'), tenantId('other')];
  const tooMany = (seconds: number) => (error: unknown) =>
    isPlatformError(error, 'too_many_requests') && error.retryAfterSeconds === seconds;

  it('lets so many of a tenant in at once, and nobody waits for another tenant', () => {
    const turns = createTurns({ atOnce: 2, take: () => 0, message: 'Wait.' });
    const [first] = [turns.take(acme), turns.take(acme)];
    assert.throws(() => turns.take(acme), tooMany(1));
    turns.take(other);
    first();
    first();
    turns.take(acme);
    assert.throws(() => turns.take(acme), tooMany(1), 'a turn is given back once');
  });

  it('holds who comes too often off, and counts them as not there', () => {
    let wait = 7;
    const turns = createTurns({ atOnce: 1, take: () => wait, message: 'Wait.' });
    assert.throws(() => turns.take(acme), tooMany(7));
    wait = 0;
    turns.take(acme);
  });
});
