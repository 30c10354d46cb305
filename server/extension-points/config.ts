/** Extension point `config`: a plugin's part of a workspace's settings, `settings.plugins[id]`. Present means enabled. */
import type { z } from 'zod';
import { PlatformError } from '../kernel/errors.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';

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

/** Enabled is: present, and neither `false` nor null. */
export function isEnabled(pluginId: string, settings: Pick<WorkspaceSettings, 'plugins'>): boolean {
  const own = Object.hasOwn(settings.plugins, pluginId) ? settings.plugins[pluginId] : undefined;
  return own !== undefined && own !== null && own !== false;
}

export function createPluginConfig<Schema extends z.ZodObject>(
  pluginId: string,
  schema: Schema,
): PluginConfig<z.output<Schema>> {
  return {
    of(settings) {
      if (!isEnabled(pluginId, settings))
        throw new PlatformError('internal', `plugin "${pluginId}" is not enabled here`);
      const parsed = schema.safeParse(written(settings.plugins[pluginId]));
      if (parsed.success) return parsed.data;
      throw new PlatformError('internal', `the settings of plugin "${pluginId}" are not valid`, {
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
