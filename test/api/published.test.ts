/** What is declared against what is published: the same calls under the same names; what is missing is printed. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { declaredEndpoints } from '../support/declared-endpoints.ts';

const facts = z.object({
  operations: z.array(
    z.looseObject({
      api: z.string(),
      tag: z.string(),
      operationId: z.string(),
      method: z.string(),
      path: z.string(),
      statuses: z.array(z.number()),
      query: z.array(z.string()),
    }),
  ),
});

/** Parameters that are published and not read, and why. */
const unread: Readonly<Record<string, string>> = {
  'createAuthorizationServer with_demo_client': 'a workspace has its demonstration by its settings',
  'createClient application_purpose': 'nothing is derived from what an application says it is for',
  'listClients application_types': 'kept as it was registered, and not indexed',
  'listClients client_types': 'there are clients of one type',
  'listClients type': 'there are no clients of developers yet',
};

describe('the published management APIs', () => {
  const declared = declaredEndpoints();
  let published: z.infer<typeof facts>['operations'];
  before(async () => {
    const text = await readFile(new URL('published.json', import.meta.url), 'utf8');
    published = facts.parse(JSON.parse(text)).operations;
  });
  const keyOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
    `${method} ${path.replaceAll(/\{\w+\}|:\w+/g, '{}')}`;

  for (const endpoint of declared) {
    const { operationId, method, path, query, success } = endpoint;
    it(`have ${operationId} at ${method.toUpperCase()} ${path}`, () => {
      const found = published.find((one) => keyOf(one) === keyOf(endpoint));
      assert.equal(found?.operationId, operationId);
      assert.ok(found.statuses.includes(success.status), String(success.status));
      const read = Object.keys(query?.shape ?? {});
      const ignored = found.query.filter((name) => !read.includes(name) && !(`${operationId} ${name}` in unread));
      assert.deepEqual(ignored, []);
      assert.deepEqual(
        read.filter((name) => !found.query.includes(name)),
        [],
      );
    });
  }

  it('have more calls than these, of the groups that are begun', () => {
    const known = new Set(declared.map(keyOf));
    const missing = published.filter((one) => !known.has(keyOf(one)));
    const groups = Map.groupBy(missing, ({ api, tag }) => `${api} ${tag}`);
    for (const [group, calls] of groups)
      console.log(`      not yet: ${group}: ${calls.map(({ operationId }) => operationId).join(', ')}`);
    assert.equal(missing.length + declared.length, published.length);
  });
});
