/** The sources of an import: looked at several times, and read once; their tenant is asked for in whose process that happens. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { TenantId } from '../kernel/ids.ts';
import type { ReadSource, ScriptCompiler } from './script-compiler.ts';

export interface ScriptSources {
  /** @throws PlatformError as the compiler does, with the pointer `/body` */
  read(tenant: TenantId, source: string): Promise<ReadSource>;
  /** What was read of it, while that is remembered. @param tenant who asked for it last where it is left out */
  find(source: string, tenant?: TenantId): ReadSource | undefined;
  /** Who asked for it last. */
  askedBy(source: string): TenantId | undefined;
}

const longestMemory = 32 * 1024 * 1024;
const mostAsked = 50_000;

export function createScriptSources(compiler: ScriptCompiler): ScriptSources {
  const known = new LRUCache<string, ReadSource>({ maxSize: longestMemory, sizeCalculation: sizeOf });
  const asking = new LRUCache<string, TenantId>({ max: mostAsked });
  const keyOf = (tenant: TenantId, source: string): string => `${tenant} ${digestOf(source)}`;
  const askedBy = (source: string): TenantId | undefined => asking.get(digestOf(source));
  const find: ScriptSources['find'] = (source, tenant = askedBy(source)) =>
    tenant === undefined ? undefined : known.get(keyOf(tenant, source));
  return {
    find,
    askedBy,
    async read(tenant, source) {
      asking.set(digestOf(source), tenant);
      const read = find(source, tenant) ?? (await compiler.read(tenant, source, '/body'));
      known.set(keyOf(tenant, source), read);
      return read;
    },
  };
}

const digestOf = (source: string): string => createHash('sha256').update(source).digest('hex');
const sizeOf = ({ source, compiled }: ReadSource): number => source.length + compiled.code.length + 1024;
