/** Writing, publishing, taking back and removing scripts: what runs changes by a pointer, and no version ever does. */
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { checkGivenId, newId, scriptId, secretId } from '../kernel/ids.ts';
import type { ScriptVersionId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { ExecutionPointStore } from './execution-point.ts';
import type { ReadSource, ScriptCompiler } from './script-compiler.ts';
import { misfitAt, mostScripts, mostVersions, runningVersions } from './script.ts';
import type { Canary, Script, ScriptPlace, ScriptStore, VersionInfo } from './script.ts';
import type { SecretStore } from './secret.ts';

export interface ScriptServiceStores {
  readonly scripts: Omit<ScriptStore, 'list'>;
  readonly secrets: Pick<SecretStore, 'list'>;
  readonly executionPoints: Pick<ExecutionPointStore, 'boundTo'>;
  readonly outbox: Outbox;
}

export interface ScriptWords {
  readonly name: string;
  readonly envVersion: string;
  readonly testInput: string;
  /** Published at once, as the published API has it. Empty: what runs stays as it is. */
  readonly body: string;
}

export interface Pointers {
  readonly live?: ScriptVersionId;
  readonly canary?: Canary;
}

export interface HeldScript extends ScriptPlace {
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: ScriptWithSource) => void;
}

export interface ScriptWithSource {
  readonly script: Script;
  /** Of the version that runs, or of the draft where none does. */
  readonly source: string;
}

export interface ScriptService {
  /** @param id random where it is empty. @throws PlatformError `unprocessable_entity`, `conflict`, `unavailable` */
  create(tenant: TenantId, workspace: WorkspaceId, id: string, words: ScriptWords): Promise<ScriptWithSource>;
  /** @throws PlatformError `not_found`, `unprocessable_entity`, `unavailable` */
  update(held: HeldScript, words: ScriptWords): Promise<ScriptWithSource>;
  /** Keeps another version, and leaves alone what runs. @throws PlatformError `not_found`, `unprocessable_entity` */
  draft(place: ScriptPlace, source: string): Promise<VersionInfo>;
  /** Publishes, takes back, tries out: whatever both pointers are to be. @throws PlatformError `not_found`, `unprocessable_entity`, `conflict` */
  point(place: ScriptPlace, pointers: Pointers, check?: (stored: Script) => void): Promise<Script>;
  /** @throws PlatformError `not_found`, `conflict` naming where it is in use */
  remove(held: HeldScript): Promise<void>;
}

/** As long as any login may have begun with a version. Milliseconds. */
const keptFor = 90 * 24 * 3_600_000;

export function createScriptService(deps: {
  readonly unitOfWork: UnitOfWork<ScriptServiceStores>;
  readonly compiler: ScriptCompiler;
  readonly clock: Clock;
}): ScriptService {
  const { unitOfWork, compiler, clock } = deps;

  const readBody = async (tenant: TenantId, body: string): Promise<ReadSource | undefined> =>
    body === '' ? undefined : compiler.read(tenant, body, '/body');

  return {
    async create(tenantId, workspaceId, wanted, { body, ...words }) {
      const id = wanted === '' ? newId() : wanted;
      checkGivenId(id);
      const read = await readBody(tenantId, body);
      return unitOfWork.run(async (stores) => {
        if ((await stores.scripts.count(tenantId, workspaceId)) >= mostScripts)
          throw unprocessable('', `A workspace has at most ${String(mostScripts)} scripts.`);
        const now = clock.now();
        const bare = { tenantId, workspaceId, id: scriptId(id), ...words, createdAt: now, updatedAt: now };
        await stores.scripts.insert(bare);
        const script = read === undefined ? bare : await published(stores, bare, read, now);
        await tellOfScript(stores.outbox, script, 'created');
        return { script, source: body };
      });
    },

    async update(held, { body, ...words }) {
      const read = await readBody(held.tenantId, body);
      return unitOfWork.run(async (stores) => {
        const before = await get(stores, held);
        const now = clock.now();
        const changed: Script = { ...before.script, ...words, updatedAt: now };
        if (read === undefined) await stores.scripts.update(changed);
        const script = read === undefined ? changed : await published(stores, changed, read, now);
        await tellOfScript(stores.outbox, script, 'updated');
        return { script, source: read === undefined ? before.source : body };
      });
    },

    async draft(place, source) {
      const read = await compiler.read(place.tenantId, source, '/body');
      return unitOfWork.run(async (stores) => {
        const { script } = await get(stores, place);
        const now = clock.now();
        const made = await keepVersion(stores, script, read, now);
        const drafted: Script = { ...script, draft: read.version, updatedAt: now };
        await stores.scripts.update(drafted);
        await tellOfScript(stores.outbox, drafted, 'drafted');
        return made;
      });
    },

    point: (place, { live, canary }, check) =>
      unitOfWork.run(async (stores) => {
        const { script: stored } = await get(stores, place);
        check?.(stored);
        const { live: _live, canary: _canary, ...bare } = stored;
        const script: Script = {
          ...bare,
          ...(live === undefined ? {} : { live }),
          ...(canary === undefined ? {} : { canary }),
          updatedAt: clock.now(),
        };
        if (live === undefined && canary !== undefined)
          throw unprocessable('/canary', 'A canary runs beside the live version: there is none.');
        await checkRunning(stores, script);
        await stores.scripts.update(script);
        await tellOfScript(stores.outbox, script, 'pointed');
        return script;
      }),

    remove: (held) =>
      unitOfWork.run(async (stores) => {
        const { script } = await get(stores, held);
        const [bound] = await stores.executionPoints.boundTo(script);
        if (bound !== undefined)
          throw new PlatformError(
            'conflict',
            `The script is in use at ${bound.type} of ${bound.target}: unbind it first.`,
          );
        await stores.scripts.remove(script);
        await tellOfScript(stores.outbox, script, 'deleted');
      }),
  };
}

async function get(stores: Pick<ScriptServiceStores, 'scripts'>, held: HeldScript): Promise<ScriptWithSource> {
  const script = await stores.scripts.find(held);
  if (script === undefined) throw new PlatformError('not_found', 'There is no such script.');
  const found = await withSource(stores, script);
  held.check?.(found);
  return found;
}

/** The script with what its published `body` is. */
export async function withSource(
  { scripts }: { readonly scripts: Pick<ScriptStore, 'findVersion'> },
  script: Script,
): Promise<ScriptWithSource> {
  const shown = script.live ?? script.draft;
  const version = shown === undefined ? undefined : await scripts.findVersion(script, shown);
  return { script, source: version?.source ?? '' };
}

type PublishStores = Pick<ScriptServiceStores, 'scripts' | 'secrets' | 'executionPoints'>;

/** In the transaction that writes: the source is what runs from now on, for logins that begin. */
export async function published(stores: PublishStores, stored: Script, read: ReadSource, now: number): Promise<Script> {
  await keepVersion(stores, stored, read, now);
  const script: Script = { ...stored, draft: read.version, live: read.version };
  await checkRunning(stores, script, '/body');
  await stores.scripts.update(script);
  return script;
}

/** Versions that nothing points to make room, once no login can have begun with them. */
async function keepVersion(
  { scripts }: Pick<ScriptServiceStores, 'scripts'>,
  script: Script,
  { version, source, compiled }: ReadSource,
  now: number,
): Promise<VersionInfo> {
  const all = await scripts.listVersions(script);
  const known = all.find((one) => one.version === version);
  if (known !== undefined) return known;
  if (all.length >= mostVersions) {
    const pointed = [...runningVersions(script), script.draft];
    const oldest = all.findLast((one) => !pointed.includes(one.version));
    if (oldest === undefined || oldest.createdAt > now - keptFor)
      throw unprocessable('', `A script has at most ${String(mostVersions)} versions within ninety days.`);
    await scripts.removeVersion(script, oldest.version);
  }
  const { tenantId, workspaceId, id } = script;
  const made = { tenantId, workspaceId, id, version, createdAt: now };
  await scripts.insertVersion({ ...made, source, compiled });
  return { ...made, shape: compiled.shape, point: compiled.point, manifest: compiled.manifest };
}

/** What runs has all it needs, and fits wherever the script is bound. */
async function checkRunning(stores: PublishStores, script: Script, pointer?: string): Promise<void> {
  const bound = await stores.executionPoints.boundTo(script);
  if (script.live === undefined && bound.length > 0)
    throw new PlatformError('conflict', `The script is in use at ${bound[0]?.type ?? ''}: unbind it first.`);
  const versions = new Map((await stores.scripts.listVersions(script)).map((one) => [one.version, one]));
  const known = new Set((await stores.secrets.list(script.tenantId, script.workspaceId)).map(({ id }) => id));
  for (const [member, version] of [
    ['/live', script.live],
    ['/canary', script.canary?.version],
  ] as const) {
    if (version === undefined) continue;
    const at = pointer ?? member;
    const found = versions.get(version);
    if (found === undefined) throw unprocessable(at, 'The script has no such version.');
    const missing = found.manifest.secrets.find((name) => !known.has(secretId(name)));
    if (missing !== undefined) throw unprocessable(at, `The workspace has no secret ${missing}.`);
    for (const { type } of bound) {
      const misfit = misfitAt(found, type);
      if (misfit !== undefined) throw unprocessable(at, misfit);
    }
  }
}

/** That logins of the workspace may go otherwise from now on, as an event of the workspace. */
async function tellOfScript(
  outbox: Outbox,
  { tenantId, workspaceId, id, live, canary }: Script,
  what: 'created' | 'updated' | 'drafted' | 'pointed' | 'deleted',
): Promise<void> {
  const pointers = { live: live ?? '', canary: canary?.version ?? '', canary_share: canary?.share ?? 0 };
  await outbox.append({
    tenantId,
    workspaceId,
    subject: 'server',
    action: 'updated',
    metadata: {},
    payload: { server_updated: { id: workspaceId, script: { id, what, ...pointers } } },
  });
}
