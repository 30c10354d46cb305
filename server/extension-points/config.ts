/** Extension point `config`: a plugin's part of a workspace's settings, `settings.plugins[id]`, which also says whether it is enabled. */
import type { z } from 'zod';
import { PlatformError } from '../kernel/errors.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';
import type { Plugin } from './plugin.ts';

/** A plugin's own settings, read where a hook has a workspace before it. */
export interface PluginConfig<Settings> {
  /** @throws PlatformError `internal` where the plugin is not enabled, or was enabled by settings its schema refuses */
  of(settings: WorkspaceSettings): Settings;
}

/** One member of the settings that is not right, in the words of a 422 answer (RFC 6901 pointers). */
export interface ConfigFault {
  readonly pointer: string;
  readonly message: string;
}

/** What decides whether a workspace has a plugin, beside what its settings say. */
export type Switchable = Pick<Plugin, 'id' | 'isOnByDefault'>;

/** Enabled is: present, and neither `false` nor null. One that is on by default is so where nothing is said of it, too. */
export function isEnabled({ id, isOnByDefault }: Switchable, settings: Pick<WorkspaceSettings, 'plugins'>): boolean {
  const own = Object.hasOwn(settings.plugins, id) ? settings.plugins[id] : isOnByDefault;
  return own !== undefined && own !== null && own !== false;
}

export function createPluginConfig<Schema extends z.ZodObject>(
  plugin: Switchable,
  schema: Schema,
): PluginConfig<z.output<Schema>> {
  const { id } = plugin;
  return {
    of(settings) {
      if (!isEnabled(plugin, settings)) throw new PlatformError('internal', `plugin "${id}" is not enabled here`);
      const parsed = schema.safeParse(written(Object.hasOwn(settings.plugins, id) ? settings.plugins[id] : true));
      if (parsed.success) return parsed.data;
      throw new PlatformError('internal', `the settings of plugin "${id}" are not valid`, {
        cause: parsed.error,
      });
    },
  };
}

/** What a workspace's settings say wrongly about one plugin; a member the schema does not know is a fault too. */
export function configFaults(pluginId: string, schema: z.ZodObject, value: unknown): readonly ConfigFault[] {
  if (value === false || value === null) return [];
  const parsed = schema.strict().safeParse(written(value));
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => ({
    pointer: ['', 'plugins', pluginId, ...issue.path].map((key) => escapePointer(String(key))).join('/'),
    message: issue.message,
  }));
}

/** `true` enables with every default. */
function written(value: unknown): unknown {
  return value === true ? {} : value;
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
