/** Scopes in an exported configuration. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Section } from '../configuration/section.ts';
import { workspaceId } from '../kernel/ids.ts';
import { checkScopeName } from './scope.service.ts';
import { standardScopes, type Scope, type ScopeStore } from './scope.ts';

export interface ScopeSectionStores {
  readonly scopes: Pick<ScopeStore, 'listOwn' | 'find' | 'insert' | 'update'>;
}

const oidc: ReadonlySet<string> = new Set(standardScopes.map(({ name }) => name));

const body = z
  .object({
    authorization_server_id: z.string().min(1).max(64),
    name: z.string(),
    display_name: z.string().max(255).default(''),
    description: z.string().max(4096).default(''),
    implicit_grant: z.boolean().default(false),
    /** Ours: `oidc` scopes release claims about the person, `api` scopes belong to an API. */
    kind: z.enum(['oidc', 'api']).optional(),
  })
  .transform(({ kind, ...item }) => ({ ...item, kind: kind ?? (oidc.has(item.name) ? 'oidc' : 'api') }) as const);
type ScopeItem = z.infer<typeof body>;

const toItem = ({ workspaceId: workspace, name, displayName, description, implicitGrant, kind }: Scope): ScopeItem => ({
  authorization_server_id: workspace,
  name,
  display_name: displayName,
  description,
  implicit_grant: implicitGrant,
  kind,
});

export function scopeSection(): Section<ScopeSectionStores> {
  return section({
    member: 'scopes_without_service',
    body,
    holds: ['place'],
    placeMember: 'authorization_server_id',
    nameOf: ({ authorization_server_id: place, name }) => `${place} ${name}`,
    placeOf: ({ authorization_server_id: place }) => place,
    async *list({ scopes }, tenant, place) {
      if (place === undefined) return;
      for (const scope of await scopes.listOwn(tenant, workspaceId(place))) yield toItem(scope);
    },
    async find({ scopes }, tenant, { authorization_server_id: place, name }) {
      const found = await scopes.find(tenant, workspaceId(place), name);
      return found === undefined ? undefined : toItem(found);
    },
    faults: ({ name }) =>
      Promise.resolve(
        faultsFrom(() => {
          checkScopeName(name);
        }),
      ),
    async write({ scopes }, tenant, item, stored) {
      const { authorization_server_id: place, name, description, kind } = item;
      const scope: Scope = {
        tenantId: tenant,
        workspaceId: workspaceId(place),
        name,
        displayName: item.display_name === '' ? name : item.display_name,
        description,
        implicitGrant: item.implicit_grant,
        kind,
      };
      await (stored === undefined ? scopes.insert(scope) : scopes.update(scope));
    },
    complete: (item) =>
      Promise.resolve({ ...item, display_name: item.display_name === '' ? item.name : item.display_name }),
  });
}
