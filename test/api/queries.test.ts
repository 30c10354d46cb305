/** What an endpoint is asked with: every published parameter is taken where it is published, and none that nobody reads. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { declaredEndpoints } from '../support/declared-endpoints.ts';
import { serveEndpoints, type EndpointServer } from '../support/endpoint-server.ts';
import { placeOf } from './compare.ts';
import published from './published.json' with { type: 'json' };

const refused = z.object({ details: z.array(z.object({ in: z.string(), pointer: z.string(), message: z.string() })) });

describe('the query of a management call', function () {
  const served = declaredEndpoints();
  let api: EndpointServer;
  before(async () => {
    // As they are mounted; who may call, and what comes of it, is not asked here.
    const scope = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['x'] } as const;
    const open = served.map(({ body: _, headers: __, isStreamed: ___, ...one }): Endpoint => ({
      ...one,
      access: scope,
      isAction: true,
      success: { status: 204, description: 'it was read' },
      handle: () => Promise.resolve(),
    }));
    api = await serveEndpoints(open, ['x']);
  });
  after(() => api.close());

  /** Names of parameters that are not known there. */
  const unknownOf = async ({ method, path }: Endpoint, names: readonly string[]): Promise<readonly string[]> => {
    const query = names.map((name) => `${name}=`).join('&');
    const { body } = await api.ask(method.toUpperCase(), `${path.replaceAll(/:\w+/g, 'a')}?${query}`);
    const { data } = refused.safeParse(body);
    return (data?.details ?? []).flatMap(({ message, pointer }) =>
      message === 'is not known here' ? [pointer.slice(1)] : [],
    );
  };

  it('may have all that is published of it', async () => {
    const endpoints = new Map(served.map((one) => [placeOf(one), one]));
    let asked = 0;
    for (const { api: of, operationId, query, ...place } of published.operations) {
      const endpoint = endpoints.get(placeOf(place));
      if (endpoint === undefined || query.length === 0) continue;
      assert.deepEqual(await unknownOf(endpoint, query), [], `${of} ${operationId}`);
      asked += 1;
    }
    assert.ok(asked >= 50, String(asked));
  });

  it('is refused by name where it has anything else: a filter that nobody reads answers too much', async () => {
    for (const endpoint of served)
      assert.deepEqual(await unknownOf(endpoint, ['made_up', 'Limit']), ['made_up', 'Limit'], endpoint.operationId);
  });
});
