/** The first look at an import: its objects read one by one, held to their shapes, and put aside. */
import { withoutAbsent } from '../kernel/absent.ts';
import { tenantId as toTenantId, type TenantId } from '../kernel/ids.ts';
import { elsewhere, pointerOf, unprocessable } from './import-faults.ts';
import type { JsonMember } from './json-members.ts';
import { sealingBody, type Sealing } from './passphrase.ts';
import type { Fault, Section } from './section.ts';
import { objectsOf, treesOf, type Spool } from './spool.ts';
import { createTurns } from './turns.ts';
import { createUnkept } from './unkept.ts';

/** Of each object of a dump. */
export const bounds = { longestValue: 1024 * 1024, deepest: 64 };

const mostIgnored = 1000;

/** The one name in the section of the tenant itself. */
export const tenantName = 'tenant';

/** Whose the objects of a dump are. */
export interface Owner {
  /** Whatever they say themselves; undefined: of the tenants that they name. */
  readonly tenantId: TenantId | undefined;
  /** Of the deployment: this tenant alone. Objects that name another one are refused. */
  readonly only?: TenantId | undefined;
  /** Also what people did. */
  readonly withData?: boolean;
}

/**
 * Reads all objects of a dump, each by its own shape.
 * @throws PlatformError `bad_request`, `payload_too_large`, `unprocessable_entity` with a pointer for each fault, at most twenty
 */
export async function spoolAll<Stores>(
  spool: Spool,
  sections: readonly Section<Stores>[],
  members: AsyncIterable<JsonMember> | Iterable<JsonMember>,
  owner: Owner,
): Promise<{ readonly sealing: Sealing | undefined; readonly ignored: Readonly<Record<string, number>> }> {
  const faults: Fault[] = [];
  const ignored = new Map<string, number>();
  let sealing: Sealing | undefined;
  const turn = createTurns();
  const unkeptIn = createUnkept<Stores>();
  const leftOut = (name: string): void => {
    // What strangers call members is not remembered without end.
    if (ignored.has(name) || ignored.size < mostIgnored) ignored.set(name, (ignored.get(name) ?? 0) + 1);
  };
  for await (const member of members) {
    await turn();
    if (member.name === 'sealing') sealing = sealingFrom(member, faults);
    else {
      const at = sections.findIndex(
        (one) => memberOf(one, owner.tenantId) === member.name && (one.isData !== true || owner.withData === true),
      );
      const section = sections[at];
      if (owner.tenantId === undefined && member.name === tenantName)
        faults.push({
          pointer: `/${tenantName}`,
          message: 'is of the import of one tenant: here it is among the tenants',
        });
      else if (section === undefined) leftOut(member.name);
      else {
        for (const name of unkeptIn(section, member.value)) leftOut(`${member.name}/${name}`);
        keep(spool, section, at, member, owner, faults);
      }
    }
    if (faults.length >= 20) break;
  }
  if (faults.length === 0) await keepSaidElsewhere(spool, sections, faults);
  if (faults.length > 0) throw unprocessable(faults);
  return { sealing, ignored: Object.fromEntries(ignored) };
}

/** Puts aside what objects say of other members, once all of them are there: it may be said in both places, if it is the same. */
async function keepSaidElsewhere<Stores>(
  spool: Spool,
  sections: readonly Section<Stores>[],
  faults: Fault[],
): Promise<void> {
  const turn = createTurns();
  const sayings = sections.flatMap((section, at) => {
    const by = sections.findIndex(({ member }) => member === section.saidElsewhere?.member);
    return section.saidElsewhere === undefined || by < 0 ? [] : [{ section, at, by, said: section.saidElsewhere }];
  });
  const last = Math.max(-1, ...sayings.map(({ by }) => by));
  for (const tree of treesOf(spool)) {
    for (const one of objectsOf(spool, tree)) {
      if (one.section > last || faults.length >= 20) break;
      for (const { section, at, said } of sayings.filter(({ by }) => by === one.section)) {
        const item = said.itemOf(one.item);
        if (item === undefined) continue;
        const place = section.placeOf(item);
        const name = section.nameOf(item);
        const index = elsewhere(one.index);
        const kept = { section: at, index, tenantId: one.tenantId, place, group: '', name, item };
        const given = spool.add(kept) ? undefined : spool.find(at, one.tenantId, name)?.item;
        if (given !== undefined && !said.isSame(given, item))
          faults.push({ pointer: pointerOf(section, { index }), message: `is another than among ${section.member}` });
      }
    }
    await turn();
  }
}

/** A dump of one tenant has it as its `tenant`, one of the deployment among its `tenants`. */
export function memberOf<Stores>({ member, isTenant }: Section<Stores>, tenantId: TenantId | undefined): string {
  return isTenant === true && tenantId === undefined ? `${member}s` : member;
}

function sealingFrom({ value }: JsonMember, faults: Fault[]): Sealing | undefined {
  const parsed = sealingBody.safeParse(value);
  if (!parsed.success) faults.push({ pointer: '/sealing', message: 'is no sealing that is known here' });
  return parsed.data;
}

function keep<Stores>(
  spool: Spool,
  section: Section<Stores>,
  at: number,
  { name: member, index, value }: JsonMember,
  { tenantId: tenant, only }: Owner,
  faults: Fault[],
): void {
  const where = index === undefined ? `/${member}` : `/${member}/${String(index)}`;
  const isList = section.isTenant !== true || tenant === undefined;
  if (isList !== (index !== undefined)) {
    // Null is an empty list, as generated clients send it.
    if (value !== null) faults.push({ pointer: where, message: isList ? 'must be an array' : 'must be an object' });
    return;
  }
  const given = section.isData === true ? value : withoutAbsent(value);
  const parsed = section.body.safeParse(given);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues.slice(0, 20))
      faults.push({ pointer: where + pointerTo(path), message });
    return;
  }
  const owner = section.isTenant === true ? 'id' : 'tenant_id';
  const tenantId = tenant ?? tenantNamed(given, owner) ?? only;
  if (tenantId === undefined) {
    faults.push({ pointer: `${where}/tenant_id`, message: 'is needed where no tenant is named by the path' });
    return;
  }
  if (only !== undefined && tenantId !== only) {
    faults.push({ pointer: `${where}/${owner}`, message: `is ${tenantId}, and this is for ${only} alone` });
    return;
  }
  const name = section.nameOf(parsed.data);
  const place = section.placeOf(parsed.data);
  const group = section.groupOf?.(parsed.data) ?? '';
  const isNew = spool.add({ section: at, index: index ?? -1, tenantId, place, group, name, item: parsed.data });
  if (!isNew) {
    faults.push({ pointer: where, message: `${name} is there twice` });
    return;
  }
  for (const { key, pointer } of section.distinct?.(parsed.data) ?? [])
    if (!spool.take(tenantId, key)) faults.push({ pointer: where + pointer, message: 'is of another one already' });
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function tenantNamed(given: unknown, member: string): TenantId | undefined {
  const value = new Map<string, unknown>(Object.entries(given ?? {})).get(member);
  return typeof value === 'string' && value !== '' ? toTenantId(value) : undefined;
}
