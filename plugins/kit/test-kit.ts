/** Holds a plugin to everything core expects of it: for the plugin's own tests. */
import type { PluginHost } from '../../server/extension-points/host.ts';
import { createPluginEndpoints } from '../../server/extension-points/plugin-endpoints.ts';
import { createPluginSections } from '../../server/extension-points/plugin-sections.ts';
import { createExtensionRegistry } from '../../server/extension-points/registry.ts';
import type { Plugin } from '../../server/extension-points/plugin.ts';
import { checkMigrationHistory } from './check-migrations.ts';
import { checkStepPages } from './check-step-pages.ts';
import { samplePlace, type PlaceSample } from './sample-place.ts';

export interface PluginSample extends PlaceSample {
  /** Settings with which a workspace enables the plugin; its schema must accept them. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Boots core with this plugin alone, enables it in a sample workspace, and tries all it brings.
 * @throws Error that lists everything wrong, each by name
 */
export async function checkPlugin(plugin: Plugin, sample: PluginSample): Promise<void> {
  const faults: string[] = [];
  const tryTo = async (what: string, check: () => void | Promise<void>): Promise<void> => {
    try {
      await check();
    } catch (error) {
      faults.push(`${what}: ${reasons(error).join(': ')}`);
    }
  };

  await tryTo('boot', () => {
    createExtensionRegistry([plugin]);
  });
  if (faults.length === 0) {
    const registry = createExtensionRegistry([plugin]);
    const place = samplePlace({ ...sample, plugins: { [plugin.id]: sample.settings } });
    const { workspace, client } = place;

    await tryTo('settings', () => {
      const wrong = registry.configFaults({ [plugin.id]: sample.settings });
      if (wrong.length > 0) throw new Error(wrong.map(({ pointer, message }) => `${pointer} ${message}`).join('; '));
    });
    await tryTo('a workspace without the plugin', () => {
      const without = samplePlace({ ...sample, plugins: { [plugin.id]: false } });
      if (registry.stepsFor(without).some(({ owner }) => owner === plugin.id)) throw new Error('still has its steps');
    });
    await tryTo('setup', () => {
      const again = createExtensionRegistry([plugin]);
      const ids = (from: typeof registry) =>
        JSON.stringify([from.scopesFor(workspace.settings), from.stepsFor(place), from.routes]);
      if (ids(again) !== ids(registry)) throw new Error('a second registry in the same process is filled otherwise');
    });
    await tryTo('routes', () => {
      for (const { value } of registry.routes) value.router();
    });
    await tryTo('endpoints', () => {
      const workspaces = { find: () => Promise.resolve(undefined) };
      createPluginEndpoints({ registry, hostOf: () => absentHost, workspaces });
    });
    await tryTo('exportable', () => {
      createPluginSections({ registry, hostOf: () => absentHost, taken: [] });
    });
    await tryTo('requirements', () => {
      if (String(registry.requirementsFor(place)) !== String(registry.requirementsFor(place)))
        throw new Error('differ for the same place');
    });
    await tryTo('discovery', () => {
      plainJson(registry.discovery({ workspace, issuer: 'https://id.example/t/w' }));
    });
    await tryTo('token response', () => {
      const given = { access_token: 'at', token_type: 'Bearer', expires_in: 3600, scope: 'openid' };
      const context = {
        workspace,
        client,
        grantType: 'authorization_code',
        grantedScopes: ['openid'],
        grantId: 'g1',
        subject: 's1',
      };
      plainJson(registry.tokenResponse(given, context));
    });
    await tryTo('step pages', () => checkStepPages(plugin, registry, place));
    await tryTo('migrations', () => checkMigrationHistory(plugin));
  }
  if (faults.length > 0) throw new Error(`plugin "${plugin.id}" does not hold:\n- ${faults.join('\n- ')}`);
}

/** Of whom nothing can be asked: what a plugin brings, it brings without. */
const absent: object = new Proxy(() => absent, { get: () => absent });
// eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- whatever is read of it is there, and does nothing
const absentHost = absent as PluginHost;

function plainJson(value: unknown): void {
  if (JSON.stringify(structuredClone(value)) !== JSON.stringify(JSON.parse(JSON.stringify(value))))
    throw new Error('is not JSON');
}

/** The messages of an error and of its causes: in a test the cause is what one wants to read. */
function reasons(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [error.message, ...(error.cause === undefined ? [] : reasons(error.cause))];
}
