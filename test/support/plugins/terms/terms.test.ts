/** The sample plugin does what it says, so that tests built on it mean something. */
import assert from 'node:assert/strict';
import { samplePlace } from '../../../../plugins/kit/sample-place.ts';
import { createExtensionRegistry } from '../../../../server/extension-points/registry.ts';
import { terms } from './terms.ts';

describe('the terms step', () => {
  const place = samplePlace({ plugins: { terms: { version: 2, url: 'https://bank.example/terms' } } });
  const step = createExtensionRegistry([terms]).stepFor('terms', place)?.value;
  const handle = (form: Readonly<Record<string, string>>) => step?.handle(form, place);

  it('passes a person who agrees to the version that stands', () => {
    assert.deepEqual(handle({ decision: 'accept', accepted: 'yes', version: '2' }), {
      kind: 'passed',
      data: { version: 2 },
    });
  });

  it('ends the login of one who declines', () => {
    assert.deepEqual(handle({ decision: 'decline', version: '2' }), {
      kind: 'denied',
      reason: 'terms_not_accepted',
      data: { version: 2 },
    });
  });

  it('asks again without the tick, for an older version, and for an empty form', () => {
    for (const form of [
      { decision: 'accept', version: '2' },
      { decision: 'accept', accepted: 'yes', version: '1' },
      {},
    ]) {
      assert.equal(Reflect.get(Object(handle(form)), 'kind'), 'again', JSON.stringify(form));
    }
  });
});
