/**
 * «Null arrays and zero times mean not given», for every member of every body: what generated clients of the published APIs
 * send for what they do not know is answered as if it had been left out.
 */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { createSchemas, isMembers, type JsonSchema } from '../../server/http/openapi-schemas.ts';
import { declaredEndpoints } from '../support/declared-endpoints.ts';
import { serveEndpoints, type EndpointServer } from '../support/endpoint-server.ts';

type Json = unknown;
const zeroTime = '0001-01-01T00:00:00Z';

/** A member that may be left out, in a body that has everything that may not. */
interface Optional {
  /** JSON pointer, with `0` for the one element of a list. */
  readonly pointer: string;
  readonly isArray: boolean;
  readonly isTime: boolean;
  readonly bodyWith: (value: Json) => Json;
}

/** What the schema of a body says may be left out, however deep. */
function optionalsOf(endpoint: Endpoint): readonly Optional[] {
  if (endpoint.body === undefined) return [];
  const known = createSchemas();
  const root = known.of(endpoint.body, 'input');
  const named = (schema: Json): JsonSchema => {
    if (!isMembers(schema)) return {};
    const { $ref } = schema;
    return typeof $ref === 'string' ? { ...known.named.get($ref.split('/').at(-1) ?? '') } : schema;
  };
  const choicesOf = (schema: Json): readonly JsonSchema[] => {
    const own = named(schema);
    const choices = [own['anyOf'], own['oneOf']].flat().filter((one) => one !== undefined);
    return choices.length === 0 ? [own] : choices.flatMap(choicesOf);
  };
  /** Something that the schema takes, as far as a schema says it. */
  const sample = (schema: Json): Json => {
    const {
      type,
      const: one,
      enum: some,
      properties,
      required,
      items,
      format,
      minimum,
      minLength,
    } = choicesOf(schema)[0] ?? {};
    if (one !== undefined) return one;
    if (Array.isArray(some)) return some.find((value) => value !== '');
    if (type === 'array') return [sample(items)];
    if (type === 'object') {
      const needed = Array.isArray(required) ? required.map(String) : [];
      return Object.fromEntries(needed.map((name) => [name, sample(isMembers(properties) ? properties[name] : {})]));
    }
    if (type === 'integer' || type === 'number') return typeof minimum === 'number' ? minimum : 1;
    if (type === 'boolean') return true;
    if (format === 'date-time') return '2026-01-01T00:00:00Z';
    if (format === 'uri') return 'https://app.example/a';
    return 'a'.repeat(typeof minLength === 'number' ? Math.max(1, minLength) : 1);
  };
  const found: Optional[] = [];
  const walk = (schema: Json, pointer: string, put: (value: Json) => Json): void => {
    for (const { properties, required, items } of choicesOf(schema)) {
      const needed = Array.isArray(required) ? required.map(String) : [];
      const members = isMembers(properties) ? properties : {};
      const others = Object.fromEntries(needed.map((name) => [name, sample(members[name])]));
      for (const [name, member] of Object.entries(members)) {
        const place = `${pointer}/${name}`;
        const bodyWith = (value: Json) => put({ ...others, [name]: value });
        const kinds = choicesOf(member);
        const isArray = kinds.some(({ type }) => type === 'array');
        const isTime = kinds.some(({ format }) => format === 'date-time');
        if (!needed.includes(name)) found.push({ pointer: place, isArray, isTime, bodyWith });
        walk(member, place, bodyWith);
      }
      if (items !== undefined) walk(items, `${pointer}/0`, (value) => put([value]));
    }
  };
  walk(root, '', (value) => value);
  return found;
}

describe('a member of a body that is not given', function () {
  // Patches say null where they mean it, and what is streamed is read member by member (see configuration/import).
  const read = declaredEndpoints().filter(
    ({ body, isVerbatim, isStreamed }) => body !== undefined && isVerbatim !== true && isStreamed !== true,
  );
  let api: EndpointServer;
  before(async () => {
    // As they are mounted and read; who may call, and what comes of it, is not asked here.
    const scope = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['x'] } as const;
    const open = read.map(({ query: _, headers: __, ...one }): Endpoint => ({
      ...one,
      access: scope,
      isAction: true,
      success: { status: 204, description: 'it was read' },
      handle: () => Promise.resolve(),
    }));
    api = await serveEndpoints(open, ['x']);
  });
  after(() => api.close());

  /** The status, and what is wrong where. */
  const answerTo = async ({ method, path }: Endpoint, body: Json): Promise<string> => {
    const { status, body: answer } = await api.ask(method.toUpperCase(), path.replaceAll(/:\w+/g, 'a'), { body });
    const { details } = z
      .object({ details: z.unknown() })
      .partial()
      .parse(answer ?? {});
    return JSON.stringify([status, details]);
  };

  const differing = async (value: Json, isMeant: (one: Optional) => boolean) => {
    const places: string[] = [];
    let [asked, taken] = [0, 0];
    for (const endpoint of read)
      for (const one of optionalsOf(endpoint).filter(isMeant)) {
        const without = await answerTo(endpoint, one.bodyWith(undefined));
        const given = await answerTo(endpoint, one.bodyWith(value));
        if (given !== without) places.push(`${endpoint.operationId} ${one.pointer}: ${given}, and not ${without}`);
        asked += 1;
        if (without.startsWith('[204')) taken += 1;
      }
    return { places, asked, taken };
  };

  it('may be sent as null where it is a list', async () => {
    const { places, asked, taken } = await differing(null, ({ isArray }) => isArray);
    assert.deepEqual(places, []);
    // Where nothing is wrong without it, nothing hides what is wrong with it.
    assert.ok(asked >= 50 && taken >= 40, `${String(taken)} of ${String(asked)} bodies are taken`);
  });

  it('may be sent as an empty list where it is one', async () => {
    const { places } = await differing([], ({ isArray }) => isArray);
    // Members of our own, which say what there is no more than: left out, they say everything.
    const narrowing = [
      'createAuthorizationServer /script_allowed_hosts/0/methods',
      'updateAuthorizationServer /script_allowed_hosts/0/methods',
      'redeliverWebhookDeliveries /states',
    ];
    assert.deepEqual(
      places.map((place) => place.split(':', 1).join()),
      narrowing,
    );
  });

  it('may be sent as the zero time where it is a time', async () => {
    const { places, asked } = await differing(zeroTime, ({ isTime }) => isTime);
    assert.deepEqual(places, []);
    assert.ok(asked >= 3);
  });

  it('is given where it is sent as anything else', async () => {
    const { places } = await differing(1, ({ isArray }) => isArray);
    assert.ok(places.length >= 50, 'a number is no list');
    const times = await differing('yesterday', ({ isTime }) => isTime);
    assert.equal(times.places.length, times.asked);
  });
});
