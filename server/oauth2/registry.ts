/** Which provider answers for a workspace: built once per edition, kept while it is used, replaced between requests. */
import { LRUCache } from 'lru-cache';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { Clock } from '../kernel/clock.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { ClaimStore } from '../workspaces/claim.ts';
import type { ScopeStore } from '../workspaces/scope.ts';
import type { SigningKeyStore } from '../workspaces/signing-key.ts';
import { isSameEdition, type Workspace, type WorkspaceStore } from '../workspaces/workspace.ts';
import type { ProviderParts } from './provider.ts';
import { createServiceAudiences, type ServiceAudiences } from './resource-server.ts';

export interface RegisteredProvider {
  readonly workspace: Workspace;
  readonly provider: Provider;
  readonly callback: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly serviceAudiences: ServiceAudiences;
}

export interface ProviderRegistry {
  /** A request keeps what it got here to its end. @returns undefined when there is no such workspace */
  get(tenant: TenantId, workspace: WorkspaceId): Promise<RegisteredProvider | undefined>;
  /** What this process has just changed is seen at once; other processes see it within a second. */
  invalidate(tenant: TenantId, workspace: WorkspaceId): void;
}

export interface RegistryDeps {
  readonly workspaces: Pick<WorkspaceStore, 'find' | 'findEdition'>;
  readonly signingKeys: Pick<SigningKeyStore, 'list'>;
  readonly scopes: Pick<ScopeStore, 'list'>;
  readonly claims: Pick<ClaimStore, 'list'>;
  readonly build: (parts: ProviderParts) => Provider;
  readonly clock: Clock;
  /** Providers kept, about 75 KB each. */
  readonly max: number;
  /** Workspaces whose rows are kept although their provider is not, about 10 KB each. */
  readonly maxParts: number;
}

/** Milliseconds that an edition, or that there is no workspace, is believed without asking. */
const believedMs = 1000;

interface Entry {
  readonly registered: RegisteredProvider;
  checkedAt: number;
}

export function createProviderRegistry(deps: RegistryDeps): ProviderRegistry {
  const { workspaces, signingKeys, scopes, claims, clock } = deps;
  const entries = new LRUCache<string, Entry>({ max: deps.max });
  // Most of what a provider takes to come back is reading what it is made of.
  const kept = new LRUCache<string, ProviderParts>({ max: deps.maxParts });
  // Kept apart: names of workspaces that do not exist must not push out those that do.
  const absent = new LRUCache<string, number>({ max: 1000 });
  const asking = new Map<string, Promise<Entry | undefined>>();
  const keyOf = (tenant: TenantId, workspace: WorkspaceId): string => `${tenant}/${workspace}`;
  const isFresh = (checkedAt: number | undefined): boolean =>
    checkedAt !== undefined && clock.now() - checkedAt < believedMs;

  const read = async (tenant: TenantId, id: WorkspaceId): Promise<ProviderParts | undefined> => {
    const workspace = await workspaces.find(tenant, id);
    if (workspace === undefined) return undefined;
    // After it: what it was changed to meanwhile has a revision that is seen the next time.
    const [keys, ofScopes, ofClaims] = await Promise.all([
      signingKeys.list(tenant, id),
      scopes.list(tenant, id),
      claims.list(tenant, id),
    ]);
    return { workspace, keys, scopes: ofScopes, claims: ofClaims };
  };

  const build = (parts: ProviderParts): RegisteredProvider => {
    const provider = deps.build(parts);
    const serviceAudiences = createServiceAudiences(parts.scopes);
    return { workspace: parts.workspace, provider, callback: provider.callback(), serviceAudiences };
  };

  const ask = async (tenant: TenantId, id: WorkspaceId): Promise<Entry | undefined> => {
    const key = keyOf(tenant, id);
    const registered = entries.get(key)?.registered;
    const stored = kept.get(key);
    const checkedAt = clock.now();
    // With nothing to compare it with, an edition is read as a part of its workspace.
    const isKnown = registered !== undefined || stored !== undefined;
    const edition = isKnown ? await workspaces.findEdition(tenant, id) : undefined;
    if (registered !== undefined && isSameEdition(registered.workspace, edition)) return { registered, checkedAt };
    const isCurrent = stored !== undefined && isSameEdition(stored.workspace, edition);
    const parts = isCurrent ? stored : await read(tenant, id);
    if (parts === undefined) {
      kept.delete(key);
      return undefined;
    }
    kept.set(key, parts);
    return { registered: build(parts), checkedAt };
  };

  /** One question at a time for each workspace, however many requests wait for its answer. */
  const share = (tenant: TenantId, id: WorkspaceId): Promise<Entry | undefined> => {
    const key = keyOf(tenant, id);
    const shared = asking.get(key);
    if (shared !== undefined) return shared;
    const question = ask(tenant, id)
      .then((entry) => {
        // Invalidated meanwhile: good for those who wait, too old for those who come.
        if (asking.get(key) !== question) return entry;
        if (entry === undefined) absent.set(key, clock.now());
        if (entry === undefined) entries.delete(key);
        else entries.set(key, entry);
        return entry;
      })
      .finally(() => {
        if (asking.get(key) === question) asking.delete(key);
      });
    asking.set(key, question);
    return question;
  };

  return {
    async get(tenant, workspace) {
      const key = keyOf(tenant, workspace);
      const entry = entries.get(key);
      if (entry !== undefined && isFresh(entry.checkedAt)) return entry.registered;
      if (entry === undefined && isFresh(absent.get(key))) return undefined;
      return (await share(tenant, workspace))?.registered;
    },

    invalidate(tenant, workspace) {
      const key = keyOf(tenant, workspace);
      const entry = entries.get(key);
      if (entry !== undefined) entry.checkedAt = Number.NEGATIVE_INFINITY;
      absent.delete(key);
      asking.delete(key);
    },
  };
}
