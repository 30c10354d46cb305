/** What the objects of an import are held against: what comes with them, and what is stored. */
import { LRUCache } from 'lru-cache';
import { isPlatformError } from '../kernel/errors.ts';
import { workspaceId, type TenantId } from '../kernel/ids.ts';
import type { ConfigurationKind, ImportContext, ImportMode, Need, Replaces } from './section.ts';
import type { Spool, Spooled } from './spool.ts';

/** Of one kind, while the objects of a tree are looked at. */
const mostKnown = 100;

export interface CheckDeps<Stores> {
  readonly kind: ConfigurationKind<Stores>;
  readonly stores: Stores;
  readonly spool: Spool;
  /** What was read of the objects before somebody changed them; left out where nobody did. */
  readonly read?: Spool | undefined;
  readonly mode: ImportMode;
  /** Whether the deployment imports, and not a tenant what is its own. */
  readonly isOfDeployment: boolean;
  /** Takes away what clients are registered with, too. */
  readonly force: boolean;
  /** The object with its secrets in clear. */
  readonly opened: (one: Spooled) => unknown;
  /** Whether a tenant is there, or comes with the import. */
  readonly hasTenant: (tenant: TenantId) => Promise<boolean>;
}

export interface Surroundings {
  readonly context: ImportContext;
  /** What is wrong with something that an object cannot be without. */
  whyNotThere(need: Need): Promise<string | undefined>;
}

const sectionAt = <Stores>({ sections }: ConfigurationKind<Stores>, member: string): number =>
  sections.findIndex((section) => section.member === member);

/** What comes with the import is checked with it. */
export function replacing<Stores>({ kind, spool }: CheckDeps<Stores>, tenantId: TenantId): Replaces {
  return (member, name) => {
    const at = sectionAt(kind, member);
    return spool.find(at, tenantId, name) !== undefined;
  };
}

/** What the import brings under this name; of the same name in another place it is another one. */
function spooledAt<Stores>(
  { sections }: ConfigurationKind<Stores>,
  spool: Spool,
  tenantId: TenantId,
  at: number,
  item: unknown,
): Spooled | undefined {
  const section = sections[at];
  const spooled = section === undefined ? undefined : spool.find(at, tenantId, section.nameOf(item));
  return spooled?.place === section?.placeOf(item) ? spooled : undefined;
}

function contextFor<Stores>(
  { kind, stores, spool, mode, force, isOfDeployment }: CheckDeps<Stores>,
  tenantId: TenantId,
): ImportContext {
  const servers = kind.sections.findIndex(({ settingsOf }) => settingsOf !== undefined);
  // Objects come workspace by workspace.
  const known = new LRUCache<string, ReturnType<ImportContext['settingsOf']>>({ max: mostKnown });
  const read: ImportContext['settingsOf'] = async (workspace) => {
    const section = kind.sections[servers];
    const spooled = spool.find(servers, tenantId, workspace);
    const stored = await section?.find(stores, tenantId, spooled?.item ?? { id: workspace });
    const item = spooled !== undefined && (stored === undefined || mode === 'update') ? spooled.item : stored;
    return section?.settingsOf?.(item);
  };
  return {
    tenantId,
    isOfDeployment,
    force,
    async find(member, item) {
      const at = sectionAt(kind, member);
      const section = kind.sections[at];
      if (section === undefined) return { given: undefined, stored: undefined };
      const given = spooledAt(kind, spool, tenantId, at, item)?.item;
      const stored = await section.find(stores, tenantId, given ?? item);
      return { given: stored !== undefined && mode === 'ignore' ? undefined : given, stored };
    },
    settingsOf(workspace) {
      const settings = known.get(workspace) ?? read(workspaceId(workspace));
      known.set(workspace, settings);
      return settings;
    },
  };
}

/** Tells what is wrong with what objects cannot be without. */
function createNeeds<Stores>(
  { kind, spool }: CheckDeps<Stores>,
  { tenantId, find }: ImportContext,
): Surroundings['whyNotThere'] {
  // A client is needed by each of its consents.
  const known = new LRUCache<string, { readonly why: string | undefined }>({ max: mostKnown });

  const look = async ({ member, item, faultOf }: Need): Promise<string | undefined> => {
    try {
      const { given, stored } = await find(member, item);
      const there = given ?? stored;
      return there === undefined ? `is not among the ${member}` : faultOf?.(there);
    } catch (error) {
      if (isPlatformError(error, 'conflict')) return error.message;
      throw error;
    }
  };
  return async (need) => {
    const { member, item, faultOf } = need;
    // It looks at more than the name says.
    if (faultOf !== undefined) return look(need);
    const at = sectionAt(kind, member);
    // Nearly all that is needed comes along: whether it is there is known without the database then.
    if (spooledAt(kind, spool, tenantId, at, item) !== undefined) return undefined;
    const section = kind.sections[at];
    const key = JSON.stringify([member, section?.placeOf(item), section?.nameOf(item)]);
    const found = known.get(key) ?? { why: await look(need) };
    known.set(key, found);
    return found.why;
  };
}

/** While the objects of a tree of this tenant are looked at. */
export function surroundingsOf<Stores>(deps: CheckDeps<Stores>, tenantId: TenantId): Surroundings {
  const context = contextFor(deps, tenantId);
  return { context, whyNotThere: createNeeds(deps, context) };
}
