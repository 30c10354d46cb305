/** A member of an exported configuration as data: how its objects are read, told apart, checked and written. */
import type { z } from 'zod';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';

/** What happens to an object that is there already, as published: it stays, it stops the import, or it is overwritten. */
export const importModes = ['ignore', 'fail', 'update'] as const;
export type ImportMode = (typeof importModes)[number];

/** Something wrong with an object; the pointer (RFC 6901) is relative to it. */
export interface Fault {
  readonly pointer: string;
  readonly message: string;
}

/** What no other object of its tenant may have: refused where an import brings it twice. */
export interface Distinct {
  /** Also says of what: objects of different sections may share it. */
  readonly key: string;
  /** To where it stands in the object. */
  readonly pointer: string;
}

/** An object of an import, and what is stored under its name. */
export interface Imported {
  /** Undefined where the import brings none, and where what is stored stays. */
  readonly given: unknown;
  readonly stored: unknown;
}

/** What may be asked about the rest of an import while an object of it is checked. */
export interface ImportContext {
  readonly tenantId: TenantId;
  /** Whether the deployment brings it, and not a tenant its own. */
  readonly isOfDeployment: boolean;
  /** Objects may be registered with what their workspace does not offer: they are refused it. */
  readonly force: boolean;
  /** As they will be after the import; undefined where there will be no such workspace. */
  settingsOf(workspace: WorkspaceId): Promise<WorkspaceSettings | undefined>;
  /** What there will be under this name. @throws PlatformError `conflict` where it is of another place */
  find(member: string, item: unknown): Promise<Imported>;
}

/** Whether an import brings an object of this member and name itself. */
export type Replaces = (member: string, name: string) => boolean;

/** Gives another text for a secret; `place` names it within its object. */
export type MapSecret = (secret: string, place: string) => string;

/** An object of some member without which another cannot be. */
export interface Need {
  readonly member: string;
  /** As far as it is named. */
  readonly item: unknown;
  /** To the name, where it stands. */
  readonly pointer: string;
  /** @returns what is wrong with the one of this name, where something is */
  readonly faultOf?: (found: unknown) => string | undefined;
}

/** An object of one member that objects of another say by a member of their own: read there, written here. */
export interface SaidElsewhere {
  readonly member: string;
  /** To where they say it, within each of them. */
  readonly pointer: string;
  /** @returns what an object of that member says; undefined where it says nothing */
  itemOf(other: unknown): unknown;
  /** Whether two objects of one name say the same. */
  isSame(one: unknown, other: unknown): boolean;
}

export interface Section<Stores = never> {
  /** Of the dump, as published. */
  readonly member: string;
  /** One for each tenant, and not in an array where a dump is of one tenant. */
  readonly isTenant?: true;
  /** What people did: exported and imported only where that is asked for, and taken word by word. */
  readonly isData?: true;
  readonly body: z.ZodType;
  readonly saidElsewhere?: SaidElsewhere;
  /** Unique among its kind in the tenant. */
  nameOf(item: unknown): string;
  /** What else no two of them may have alike. */
  distinct?(item: unknown): readonly Distinct[];
  /** The workspace, or the pool, that it belongs to; undefined for what is the tenant's. */
  placeOf(item: unknown): string | undefined;
  /** The member of an object that names its place. */
  readonly placeMember: string;
  /** Whether it keeps a member that the schema of its objects has no name for. */
  keeps?(member: string): boolean;
  /** Values of its lists that are left out of an object as it comes, as `response_types/token`; left out where it keeps all. */
  valuesLeftOut?(item: unknown): readonly string[];
  /** What is written whole within its place: the person it belongs to. Left out where the place itself is whole. */
  groupOf?(item: unknown): string;
  /** So many objects has one place at most, or the tenant; as many as there are where it is left out. */
  readonly most?: number;
  /** Whether the section has objects that belong to no place, or to one, or both. */
  readonly holds: readonly ('tenant' | 'place')[];
  /** All of one place, or what is the tenant's alone where it is undefined, always in the same order. */
  list(stores: Stores, tenant: TenantId, place: string | undefined): AsyncIterable<unknown>;
  /** What is stored under the same name, as `list` would give it. */
  find(stores: Stores, tenant: TenantId, item: unknown): Promise<unknown>;
  /** Of workspaces: what an object of it is checked against. */
  settingsOf?(item: unknown): WorkspaceSettings | undefined;
  /** What it cannot be without. */
  needs?(item: unknown): Need | readonly Need[];
  /**
   * Rules that the shape does not say.
   * @param stored finds what is stored under the same name
   * @param stores for what else it is to fit
   */
  faults?(
    item: unknown,
    context: ImportContext,
    stored: () => Promise<unknown>,
    stores: Stores,
  ): Promise<readonly Fault[]>;
  /**
   * Refuses an update by which what is stored in its place would lose something. Asked when the import is looked at, and
   * again after `write` in its transaction; not at all where it is forced.
   * @param replaces whether the import itself brings an object of this member and name
   */
  refuseLosses?(stores: Stores, tenant: TenantId, item: unknown, stored: unknown, replaces: Replaces): Promise<void>;
  /**
   * Looks again in the transaction that writes: what was found right may not be any more, as its place is another one. Not
   * where it is forced. What is stored and stays as it is is not blamed for what was as wrong before.
   */
  recheck?(stores: Stores, tenant: TenantId, item: unknown): Promise<void>;
  /** Fills in what was left out and what stays; slow work (keys, hashes) is done here, outside of any transaction. */
  complete?(item: unknown, stored: unknown): Promise<unknown>;
  /** @param stored what `find` answers in this very transaction; undefined for a new object */
  write(stores: Stores, tenant: TenantId, item: unknown, stored: unknown): Promise<void>;
  /**
   * What a new object brings along, in the transaction that writes it.
   * @param item as it came, before it was completed
   * @param replaces whether the import itself brings an object of this member and name: that one comes later
   */
  begin?(stores: Stores, tenant: TenantId, item: unknown, replaces: Replaces): Promise<void>;
  /** The object with its secrets given another text; left out where it has none. */
  secrets?(item: unknown, map: MapSecret): unknown;
}

/** A kind of configuration: what it consists of, and where its objects belong. */
export interface ConfigurationKind<Stores> {
  /** In the order they are written: what others need comes before them. */
  readonly sections: readonly Section<Stores>[];
  /** The member whose objects are the places of the others. */
  readonly places: string;
  listPlaces(stores: Stores, tenant: TenantId, query: PageQuery): Promise<Page<{ readonly id: string }>>;
  /** Whether there is such a place. */
  hasPlace(stores: Stores, tenant: TenantId, place: string): Promise<boolean>;
  /** In the transaction that changed something in this place. */
  touch?(stores: Stores, tenant: TenantId, place: string): Promise<void>;
}

/** A section whose functions know the type of its objects. */
export interface DeclaredSection<Item, Stores> {
  readonly member: string;
  readonly isTenant?: true;
  readonly isData?: true;
  readonly body: z.ZodType<Item>;
  readonly placeMember: string;
  readonly keeps?: (member: string) => boolean;
  readonly valuesLeftOut?: (item: unknown) => readonly string[];
  readonly holds: Section['holds'];
  readonly most?: number;
  readonly saidElsewhere?: SaidElsewhere;
  readonly nameOf: (item: Item) => string;
  readonly distinct?: (item: Item) => readonly Distinct[];
  readonly groupOf?: (item: Item) => string;
  readonly placeOf: (item: Item) => string | undefined;
  readonly list: (stores: Stores, tenant: TenantId, place: string | undefined) => AsyncIterable<Item>;
  readonly find: (stores: Stores, tenant: TenantId, item: Item) => Promise<Item | undefined>;
  readonly settingsOf?: (item: Item | undefined) => WorkspaceSettings | undefined;
  readonly needs?: (item: Item) => Need | readonly Need[];
  readonly faults?: (
    item: Item,
    context: ImportContext,
    stored: () => Promise<Item | undefined>,
    stores: Stores,
  ) => Promise<readonly Fault[]>;
  readonly refuseLosses?: (
    stores: Stores,
    tenant: TenantId,
    item: Item,
    stored: Item,
    replaces: Replaces,
  ) => Promise<void>;
  readonly recheck?: (stores: Stores, tenant: TenantId, item: Item) => Promise<void>;
  readonly complete?: (item: Item, stored: Item | undefined) => Promise<Item>;
  readonly write: (stores: Stores, tenant: TenantId, item: Item, stored: Item | undefined) => Promise<void>;
  readonly begin?: (stores: Stores, tenant: TenantId, item: Item, replaces: Replaces) => Promise<void>;
  readonly secrets?: (item: Item, map: MapSecret) => Item;
}

/** Declares a section whose functions know the type of its objects. */
export function section<Item, Stores>(declared: DeclaredSection<Item, Stores>): Section<Stores> {
  // Its functions are given what its own body has read: every object passes that first.
  return declared;
}
