/** The scopes a workspace offers: its own rows, and those that its enabled plugins bring. */
import { isStandardScope, type Scope, type ScopeStore } from '../workspaces/scope.ts';
import type { Workspace, WorkspaceStore } from '../workspaces/workspace.ts';
import type { ExtensionRegistry } from './registry.ts';

export interface OfferedScopesDeps {
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly extensions: Pick<ExtensionRegistry, 'isFilled' | 'scopesFor'>;
}

/**
 * A row has the last word on a scope of its name: it is what an administrator wrote. Every workspace has core's as rows
 * from its beginning: one that was removed stays removed.
 */
function scopesOf(
  { tenantId, id, settings }: Workspace,
  rows: readonly Scope[],
  extensions: Pick<ExtensionRegistry, 'scopesFor'>,
): readonly Scope[] {
  const known = new Set(rows.map(({ name }) => name));
  const brought = extensions
    .scopesFor(settings)
    .filter(({ name }) => !known.has(name) && !isStandardScope(name))
    .map((scope) => ({ ...scope, tenantId, workspaceId: id }));
  if (brought.length === 0) return rows;
  return [...rows, ...brought].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Lists rows, and what plugins bring as well; only the rows themselves where no plugin brings a scope. */
export function offeredScopes(
  rows: Pick<ScopeStore, 'list'>,
  { workspaces, extensions }: OfferedScopesDeps,
): Pick<ScopeStore, 'list'> {
  if (!extensions.isFilled('scopes')) return { list: rows.list };
  return {
    async list(tenant, id) {
      const own = await rows.list(tenant, id);
      const workspace = await workspaces.find(tenant, id);
      return workspace === undefined ? own : scopesOf(workspace, own, extensions);
    },
  };
}
