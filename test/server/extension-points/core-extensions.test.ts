import assert from 'node:assert/strict';
import { coreEvents } from '../../../server/extension-points/core-extensions.ts';
import { filesOf } from '../../support/source-files.ts';

describe('coreEvents', () => {
  const sources = filesOf(['server'], '**/*.ts').filter(({ path }) => !path.startsWith('server/extension-points/'));

  it('lists every event that core publishes: one left out could be observed by nobody', () => {
    const published = sources.flatMap(({ text }) =>
      [...text.matchAll(/subject: '([a-z_]+)',\s*action: '([a-z_]+)'/g)].map(
        ([, subject = '', action = '']) => `${subject} ${action}`,
      ),
    );
    const subjects = sources.flatMap(({ text }) =>
      [...text.matchAll(/subject: '([a-z_]+)'/g)].map(([, subject = '']) => subject),
    );
    const known = new Set(coreEvents.map((name) => name.split(' ')[0]));
    assert.deepEqual(
      subjects.filter((subject) => !known.has(subject)),
      [],
    );
    assert.ok(published.length > 5);
    assert.deepEqual(
      [...new Set(published)].filter((name) => !coreEvents.includes(name)),
      [],
    );
  });

  it('lists none that core does not publish', () => {
    const text = sources.map((file) => file.text).join('\n');
    assert.deepEqual(
      coreEvents.filter((name) => name.split(' ').some((word) => !text.includes(`'${word}'`))),
      [],
    );
  });
});
