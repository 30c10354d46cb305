/** Reading a whole list by pages. */
import assert from 'node:assert/strict';
import { allOf } from '../../../server/kernel/all-pages.ts';
import type { PageQuery } from '../../../server/kernel/pagination.ts';

describe('allOf', () => {
  for (const count of [0, 1, 99, 100, 101, 250]) {
    it(`gives each of ${String(count)} once, in their order, and asks for no page in vain`, async () => {
      const rows = Array.from({ length: count }, (_, n) => String(n).padStart(4, '0'));
      let asked = 0;
      const list = ({ after, limit }: PageQuery) => {
        asked += 1;
        return Promise.resolve({ items: rows.filter((id) => after === undefined || id > after).slice(0, limit) });
      };
      const read: string[] = [];
      for await (const row of allOf(list, (id) => id)) read.push(row);
      assert.deepEqual(read, rows);
      assert.equal(asked, Math.floor(count / 100) + 1);
    });
  }
});
