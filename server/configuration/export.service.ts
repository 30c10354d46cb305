/** Exporting a configuration: written as it is read, always in the same order, however large it is. */
import { PlatformError } from '../kernel/errors.ts';
import { allOf } from '../kernel/all-pages.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { PageQuery } from '../kernel/pagination.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import { memberOf } from './import-read.ts';
import type { PassphraseSealer, Sealing } from './passphrase.ts';
import type { ConfigurationKind, Section } from './section.ts';
import { createTurns } from './turns.ts';

export interface ExportRequest {
  /** Undefined for a dump of the deployment, with its tenants in an array. */
  readonly tenantId: TenantId | undefined;
  /** Of the deployment: this tenant alone. */
  readonly only?: TenantId;
  /** A workspace, or a pool: its objects alone, with the tenant itself. */
  readonly place?: string;
  /** With what people did. */
  readonly withData?: boolean;
  /** Seals every secret. */
  readonly passphrase?: string;
}

export interface ExportStores {
  readonly tenants: Pick<TenantStore, 'find' | 'list'>;
}

export interface ExportDeps<Stores extends ExportStores> {
  readonly stores: Stores;
  readonly kind: ConfigurationKind<Stores>;
  /** Members of the published dump that nothing here fills. */
  readonly empty: readonly string[];
  readonly newSealing: () => Sealing;
  readonly openPassphrase: (passphrase: string, sealing: Sealing) => Promise<PassphraseSealer>;
}

export interface ExportService {
  /**
   * The text of one JSON object, piece by piece.
   * @throws PlatformError `not_found` without such a tenant or workspace, before the first piece
   */
  run(request: ExportRequest): AsyncGenerator<string>;
}

/** A piece is sent when it has so many characters. */
const pieceLength = 64 * 1024;

export function createExportService<Stores extends ExportStores>(deps: ExportDeps<Stores>): ExportService {
  return { run: (request) => inPieces(dump(deps, request)) };
}

async function* inPieces(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const text of texts) {
    piece += text;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

async function* dump<Stores extends ExportStores>(
  { stores, kind, empty, newSealing, openPassphrase }: ExportDeps<Stores>,
  { tenantId, only = tenantId, place, withData = false, passphrase }: ExportRequest,
): AsyncGenerator<string> {
  await requirePlace(stores, kind, only, place);
  const sealing = passphrase === undefined ? undefined : newSealing();
  const sealer =
    passphrase === undefined || sealing === undefined ? undefined : await openPassphrase(passphrase, sealing);
  yield sealing === undefined ? '{' : `{"sealing":${JSON.stringify(sealing)},`;
  for (const section of kind.sections) {
    const isSingle = section.isTenant === true && tenantId !== undefined;
    yield `${JSON.stringify(memberOf(section, tenantId))}:${isSingle ? '' : '['}`;
    let separator = '';
    const turn = createTurns();
    const isLeftOut = section.isData === true && !withData;
    for await (const [tenant, item] of isLeftOut ? [] : objects(stores, kind, section, only, place)) {
      await turn();
      const shown =
        sealer === undefined
          ? item
          : (section.secrets?.(item, sealer.seal(section.member, section.nameOf(item))) ?? item);
      const owner = section.isTenant === true ? { id: tenant } : { tenant_id: tenant };
      yield separator + JSON.stringify(sorted({ ...members(shown), ...owner }));
      separator = ',';
    }
    yield isSingle ? ',' : '],';
  }
  yield `${empty.map((member) => `${JSON.stringify(member)}:[]`).join(',')}}`;
}

async function requirePlace<Stores extends ExportStores>(
  stores: Stores,
  { hasPlace, places }: ConfigurationKind<Stores>,
  tenant: TenantId | undefined,
  place: string | undefined,
): Promise<void> {
  if (tenant === undefined) {
    if (place === undefined) return;
    const message = 'Name the tenant as well.';
    throw new PlatformError('bad_request', message, { details: [{ in: 'query', pointer: '/tid', message }] });
  }
  if ((await stores.tenants.find(tenant)) === undefined)
    throw new PlatformError('not_found', 'There is no such tenant.');
  if (place !== undefined && !(await hasPlace(stores, tenant, place)))
    throw new PlatformError('not_found', `There is none of this id among the ${places}.`);
}

async function* objects<Stores extends ExportStores>(
  stores: Stores,
  kind: ConfigurationKind<Stores>,
  { list, holds, isTenant }: Section<Stores>,
  tenantId: TenantId | undefined,
  place: string | undefined,
): AsyncGenerator<readonly [TenantId, unknown]> {
  const all = (page: PageQuery) => stores.tenants.list(page);
  const tenants = tenantId === undefined ? allOf(all, ({ id }) => id) : [{ id: tenantId }];
  for await (const { id: tenant } of tenants) {
    if (holds.includes('tenant') && (place === undefined || isTenant === true)) {
      for await (const item of list(stores, tenant, undefined)) yield [tenant, item];
    }
    if (!holds.includes('place')) continue;
    const own = (page: PageQuery) => kind.listPlaces(stores, tenant, page);
    const places = place === undefined ? allOf(own, ({ id }) => id) : [{ id: place }];
    for await (const { id } of places) {
      for await (const item of list(stores, tenant, id)) yield [tenant, item];
    }
  }
}

function members(item: unknown): Readonly<Record<string, unknown>> {
  return typeof item === 'object' && item !== null ? { ...item } : {};
}

/** Members by name, however deep: equal objects have equal texts, wherever they were stored. */
function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).map(([name, value]) => [name, sorted(value)] as const);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
