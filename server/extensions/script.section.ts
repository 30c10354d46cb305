/** Scripts in an exported configuration: what runs. Drafts, canaries and versions of before stay behind. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Fault, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { allOf } from '../kernel/all-pages.ts';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import { checkGivenId, newId, scriptId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { longestSource, type ReadSource } from './script-compiler.ts';
import { published, type ScriptServiceStores } from './script.service.ts';
import type { ScriptSources } from './script-sources.ts';
import { misfitAt, mostScripts, type Script, type ScriptStore } from './script.ts';

export interface ScriptSectionStores {
  readonly scripts: ScriptStore;
  readonly secrets: ScriptServiceStores['secrets'];
  readonly executionPoints: ScriptServiceStores['executionPoints'];
}

const body = z.object({
  authorization_server_id: z.string().min(1).max(64),
  id: z.string().max(64).default(''),
  name: z.string().trim().max(255).default(''),
  body: z.string().max(longestSource).default(''),
  env_version: z.string().max(64).default(''),
  test_input: z.string().max(65_536).default(''),
});
type ScriptItem = z.infer<typeof body>;

async function toItem({ scripts }: ScriptSectionStores, script: Script): Promise<ScriptItem> {
  const { live } = script;
  const version = live === undefined ? undefined : await scripts.findVersion(script, live);
  return {
    authorization_server_id: script.workspaceId,
    id: script.id,
    name: script.name,
    body: version?.source ?? '',
    env_version: script.envVersion,
    test_input: script.testInput,
  };
}

export function scriptSection({
  sources,
  clock,
}: {
  readonly sources: ScriptSources;
  readonly clock: Clock;
}): Section<ScriptSectionStores> {
  /** Where it is bound and would not run: what is to run there instead is bound before it is published. */
  const misfits = async (
    { executionPoints }: Pick<ScriptSectionStores, 'executionPoints'>,
    tenant: TenantId,
    { authorization_server_id: place, id }: ScriptItem,
    { compiled }: ReadSource,
  ): Promise<readonly Fault[]> => {
    const script = { tenantId: tenant, workspaceId: workspaceId(place), id: scriptId(id) };
    return (await executionPoints.boundTo(script)).flatMap(({ type, target }) => {
      const misfit = misfitAt(compiled, type);
      return misfit === undefined ? [] : [{ pointer: '/body', message: `is bound to ${type} of ${target}: ${misfit}` }];
    });
  };

  return section({
    member: 'scripts',
    body,
    holds: ['place'],
    most: mostScripts,
    placeMember: 'authorization_server_id',
    nameOf: ({ authorization_server_id: place, id, name }) => `${place} ${id === '' ? name : id}`,
    placeOf: ({ authorization_server_id: place }) => place,
    async *list(stores, tenant, place) {
      if (place === undefined) return;
      const all = allOf(
        (query) => stores.scripts.list(tenant, workspaceId(place), query),
        ({ id }) => id,
      );
      for await (const script of all) yield await toItem(stores, script);
    },
    async find(stores, tenant, { authorization_server_id: place, id }) {
      if (id === '') return undefined;
      const found = await stores.scripts.find({
        tenantId: tenant,
        workspaceId: workspaceId(place),
        id: scriptId(id),
      });
      return found === undefined ? undefined : toItem(stores, found);
    },
    async faults(item, context, _stored, stores) {
      const named = faultsFrom(() => {
        if (item.id !== '') checkGivenId(item.id);
      });
      if (named.length > 0 || item.body === '') return named;
      return faultsOfSource(async () => {
        const read = await sources.read(context.tenantId, item.body);
        const stays = item.id === '' || (await context.find('scripts', item)).given === undefined;
        return stays ? [] : misfits(stores, context.tenantId, item, read);
      });
    },
    // Asked after `faults`, which has read the source.
    needs: ({ authorization_server_id: place, body: source }) =>
      (sources.find(source)?.compiled.manifest.secrets ?? []).map((id) => ({
        member: 'secrets',
        item: { server_id: place, id },
        pointer: '/body',
      })),
    async complete(item, stored) {
      const id = item.id === '' ? newId() : item.id;
      // As the published call has it: without a body, what runs stays as it is.
      const source = item.body === '' ? (stored?.body ?? '') : item.body;
      const tenant = sources.askedBy(source);
      if (source !== (stored?.body ?? '') && tenant !== undefined) await sources.read(tenant, source);
      return { ...item, id, name: item.name === '' ? id : item.name, body: source };
    },
    async write(stores, tenant, item, stored) {
      const place = { tenantId: tenant, workspaceId: workspaceId(item.authorization_server_id), id: scriptId(item.id) };
      const now = clock.now();
      const before = stored === undefined ? undefined : await stores.scripts.find(place);
      const words = { name: item.name, envVersion: item.env_version, testInput: item.test_input, updatedAt: now };
      const script: Script = { ...(before ?? { ...place, createdAt: now }), ...words };
      await (before === undefined ? stores.scripts.insert(script) : stores.scripts.update(script));
      if (item.body === '' || item.body === stored?.body) return;
      const read = sources.find(item.body, tenant);
      // No transaction waits for a child: what fell out of memory since it was read is imported again.
      if (read === undefined) throw new PlatformError('conflict', 'Too many scripts at once: import it again.');
      await published(stores, script, read, now);
    },
  });
}

async function faultsOfSource(read: () => Promise<readonly Fault[]>): Promise<readonly Fault[]> {
  try {
    return await read();
  } catch (error) {
    if (!isPlatformError(error, 'unprocessable_entity')) throw error;
    return faultsFrom(() => {
      throw error;
    });
  }
}
