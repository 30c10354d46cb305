/** A script of an integrator's: its versions, which never change, and the pointers that say which of them runs. */
import { createHash } from 'node:crypto';
import {
  durablePoints,
  type EffectName,
  type ExecutionPoint,
  type Script as Compiled,
} from '../../scripts-runtime/index.ts';
import type { ScriptId, ScriptVersionId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

export interface ScriptPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: ScriptId;
}

export interface Script extends ScriptPlace {
  readonly name: string;
  /** As published: kept, and decides nothing. A typed script says by itself which runtime it is for. */
  readonly envVersion: string;
  /** For who tries it out by hand. */
  readonly testInput: string;
  /** The version that was written last. */
  readonly draft?: ScriptVersionId;
  /** The version that runs. */
  readonly live?: ScriptVersionId;
  /** The version that runs for some people instead. */
  readonly canary?: Canary;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Canary {
  readonly version: ScriptVersionId;
  /** Of a hundred people; 1 to 99. */
  readonly share: number;
}

export interface ScriptVersion extends ScriptPlace {
  readonly version: ScriptVersionId;
  /** As it was written. */
  readonly source: string;
  readonly compiled: Compiled;
  readonly createdAt: number;
}

/** A version without its text. */
export interface VersionInfo
  extends Omit<ScriptVersion, 'source' | 'compiled'>, Pick<Compiled, 'shape' | 'point' | 'manifest'> {}

export interface ScriptStore {
  /** In a transaction it stays as it is until that ends. */
  find(place: ScriptPlace): Promise<Script | undefined>;
  /** As it is just now: what logins ask, which hold nobody up. */
  read(place: ScriptPlace): Promise<Script | undefined>;
  list(tenant: TenantId, workspace: WorkspaceId, query: PageQuery): Promise<Page<Script>>;
  count(tenant: TenantId, workspace: WorkspaceId): Promise<number>;
  /** @throws PlatformError `conflict`, `not_found` without such a workspace */
  insert(script: Script): Promise<void>;
  /** @throws PlatformError `not_found` */
  update(script: Script): Promise<void>;
  /** With all of its versions. */
  remove(place: ScriptPlace): Promise<void>;
  findVersion(place: ScriptPlace, version: ScriptVersionId): Promise<ScriptVersion | undefined>;
  /** All of a script, youngest first. */
  listVersions(place: ScriptPlace): Promise<readonly VersionInfo[]>;
  /** Of a workspace: what runs, live or as a canary. */
  listRunning(tenant: TenantId, workspace: WorkspaceId): Promise<readonly VersionInfo[]>;
  /** Written twice is written once. */
  insertVersion(version: ScriptVersion): Promise<void>;
  removeVersion(place: ScriptPlace, version: ScriptVersionId): Promise<void>;
}

export const mostScripts = 100;
/** Of one script. */
export const mostVersions = 100;

/**
 * The version that a login begins with, and keeps.
 * @param key the same one has the same share of luck: where somebody is known it is theirs, so that nobody tries until they like it
 */
export function versionFor({ id, live, canary }: Script, key: string): ScriptVersionId | undefined {
  if (canary === undefined) return live;
  const luck = createHash('sha256').update(`${id} ${key}`).digest().readUInt32BE(0) % 100;
  return luck < canary.share ? canary.version : live;
}

/** Those that run, or may. */
export function runningVersions({ live, canary }: Script): readonly ScriptVersionId[] {
  return [live, canary?.version].flatMap((version) => version ?? []);
}

/** Effects that suspend a login. */
const durableEffects: ReadonlySet<EffectName> = new Set(['redirect', 'approval', 'sleep']);

/** @returns why a version cannot run at an execution point, in a sentence */
export function misfitAt(
  { shape, point, manifest }: Pick<VersionInfo, 'shape' | 'point' | 'manifest'>,
  at: ExecutionPoint,
): string | undefined {
  // A classic script is a function of whatever context its point gives.
  if (shape === 'typed' && point !== at) return `A script for ${point} does not run at ${at}.`;
  if (manifest.effects.includes('metadata') && !durablePoints.includes(at))
    return `Nobody's metadata is written at ${at}.`;
  const durable = manifest.effects.find((effect) => durableEffects.has(effect));
  return durable === undefined || durablePoints.includes(at) ? undefined : `Nothing waits for ${durable} at ${at}.`;
}
