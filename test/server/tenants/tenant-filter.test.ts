/** The filter of the list of tenants. */
import assert from 'node:assert/strict';
import { tenantFilter } from '../../../server/tenants/tenant-filter.ts';

describe('tenantFilter', () => {
  const tenant = { id: 'acme', name: 'Acme', metadata: { registration_identifier: 'jo@x.example', tags: ['a', 'b'] } };
  const fits = (wanted: unknown): boolean => tenantFilter.parse(JSON.stringify(wanted))(tenant);

  for (const wanted of [
    {},
    { id: 'acme' },
    { metadata: { registration_identifier: 'jo@x.example' } },
    { metadata: { tags: ['b'] }, name: 'Acme' },
  ])
    it(`finds a tenant that holds ${JSON.stringify(wanted)}`, () => {
      assert.equal(fits(wanted), true);
    });

  for (const wanted of [
    { id: 'Acme' },
    { metadata: { registration_identifier: 'other@x.example' } },
    { metadata: { tags: ['c'] } },
    { metadata: { tags: 'a' } },
    { metadata: 'jo@x.example' },
    { toString: {} },
    { missing: null },
  ])
    it(`does not find one by ${JSON.stringify(wanted)}`, () => {
      assert.equal(fits(wanted), false);
    });

  for (const text of ['', '{', '[]', '"x"', 'null', `{"a":"${'x'.repeat(3000)}"}`])
    it(`refuses ${text.slice(0, 10)}`, () => {
      assert.equal(tenantFilter.safeParse(text).success, false);
    });
});
