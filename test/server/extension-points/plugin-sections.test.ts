/** Sections of plugins: of objects of workspaces, under members of their own, each on what core lends it. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { definePlugin, section, type PluginTransaction, type Section } from '../../../plugins/kit/index.ts';
import type { PluginHost, PluginTransaction as Lent } from '../../../server/extension-points/host.ts';
import { createPluginSections } from '../../../server/extension-points/plugin-sections.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { tenantId } from '../../../server/kernel/ids.ts';

const item = z.object({ server_id: z.string(), id: z.string() });
type Item = z.infer<typeof item>;

function sectionOf(changes: Partial<Parameters<typeof section<Item, PluginTransaction>>[0]> = {}) {
  return section<Item, PluginTransaction>({
    member: 'things',
    body: item,
    holds: ['place'],
    placeMember: 'server_id',
    nameOf: ({ id }) => id,
    placeOf: ({ server_id: place }) => place,
    async *list() {
      yield* await Promise.resolve([]);
    },
    find: () => Promise.resolve(undefined),
    write: () => Promise.resolve(),
    ...changes,
  });
}

const pluginOf = (id: string, ...sections: readonly Section<PluginTransaction>[]) =>
  definePlugin({
    id,
    title: id,
    config: { workspace: z.object({}) },
    setup(ext) {
      ext.exportable(() => sections);
    },
  });
const made = (plugins: readonly ReturnType<typeof pluginOf>[], taken: readonly string[] = []) =>
  createPluginSections({ registry: createExtensionRegistry(plugins), hostOf: () => ({}) as PluginHost, taken });

describe('createPluginSections', () => {
  it('gives each function what core lends, and nothing else of core', async () => {
    const asked: [string, unknown][] = [];
    const note = (name: string, lent: unknown) => Promise.resolve(void asked.push([name, lent]));
    const [one] = made([
      pluginOf(
        'things',
        sectionOf({
          async *list(lent) {
            await note('list', lent);
            yield* [];
          },
          find: (lent) => note('find', lent).then(() => undefined),
          write: (lent) => note('write', lent),
          begin: (lent) => note('begin', lent),
          recheck: (lent) => note('recheck', lent),
          refuseLosses: (lent) => note('refuseLosses', lent),
          faults: (_item, _context, _stored, lent) => note('faults', lent).then(() => []),
        }),
      ),
    ]);
    assert.ok(one !== undefined);
    const lent = { database: 'rows', outbox: 'events' } as unknown as Lent;
    const stores = { lent, clients: 'not for plugins' };
    const tenant = tenantId('acme');
    const thing = { server_id: 'shop', id: 'a' };
    for await (const _ of one.list(stores, tenant, 'shop')) assert.fail('there is none');
    await one.find(stores, tenant, thing);
    await one.write(stores, tenant, thing, undefined);
    await one.begin?.(stores, tenant, thing, () => false);
    await one.recheck?.(stores, tenant, thing);
    await one.refuseLosses?.(stores, tenant, thing, thing, () => false);
    await one.faults?.(thing, {} as never, () => Promise.resolve(undefined), stores);
    assert.deepEqual(
      asked.map(([name]) => name),
      ['list', 'find', 'write', 'begin', 'recheck', 'refuseLosses', 'faults'],
    );
    for (const [name, given] of asked) assert.equal(given, lent, name);
    const [bare] = made([pluginOf('bare', sectionOf())]);
    assert.deepEqual([bare?.faults, bare?.begin, bare?.recheck, bare?.refuseLosses], Array(4).fill(undefined));
  });

  it('refuses at boot, by name, what cannot be one', () => {
    const refused = (says: RegExp, changes: Parameters<typeof sectionOf>[0], taken: readonly string[] = []) => {
      assert.throws(
        () => made([pluginOf('things', sectionOf(changes))], taken),
        (error: unknown) => error instanceof Error && says.test(`${error.message} ${String(error.cause)}`),
      );
    };
    refused(/things.*"clients" is core's/, { member: 'clients' }, ['clients']);
    refused(/things.*"A b"/, { member: 'A b' });
    refused(/things.*"things" holds what is of no workspace/, { holds: ['tenant'] });
    refused(/holds what is of no workspace/, { holds: ['tenant', 'place'] });
    refused(/holds what is of no workspace/, { isTenant: true });
    assert.throws(
      () => made([pluginOf('one', sectionOf()), pluginOf('other', sectionOf())]),
      (error: unknown) =>
        error instanceof Error &&
        /duplicate member of a configuration "things"/.test(`${error.message} ${String(error.cause)}`),
    );
  });
});
