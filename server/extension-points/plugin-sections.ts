/** Puts the plugins' sections beside core's: each knows its own rows, and none takes a member of another's. */
import type { Section } from '../configuration/section.ts';
import { bootError } from './boot-error.ts';
import { mergeByKey } from './boot-checks.ts';
import type { PluginHost, PluginTransaction } from './host.ts';
import type { ExtensionRegistry } from './registry.ts';

/** Of core's stores, what a plugin is lent of them. */
export interface LendingStores {
  readonly lent: PluginTransaction;
}

export interface PluginSectionsDeps {
  readonly registry: Pick<ExtensionRegistry, 'exportable'>;
  readonly hostOf: (plugin: string) => PluginHost;
  /** Members of a dump that core fills. */
  readonly taken: readonly string[];
}

/**
 * The plugins' sections, as core has its own.
 * @throws PlatformError `internal` naming the plugin and the section that cannot be one
 */
export function createPluginSections({
  registry,
  hostOf,
  taken,
}: PluginSectionsDeps): readonly Section<LendingStores>[] {
  const owned = registry.exportable.flatMap(({ owner, value: make }) =>
    make(hostOf(owner)).map((value) => ({ owner, value })),
  );
  mergeByKey('member of a configuration', owned, ({ member }) => member);
  return owned.map(({ owner, value }) => {
    const { member, holds, isTenant, settingsOf } = value;
    const refuse = (why: string) => bootError(owner, `the section "${member}" ${why}`);
    if (!/^[a-z][a-z_]{0,63}$/.test(member)) throw refuse('has a name that is no member of a configuration');
    if (taken.includes(member)) throw refuse("is core's");
    if (holds.length !== 1 || holds[0] !== 'place' || isTenant === true || settingsOf !== undefined)
      throw refuse('holds what is of no workspace');
    return lending(value);
  });
}

/** The section on core's stores. */
function lending(of: Section<PluginTransaction>): Section<LendingStores> {
  const { faults, refuseLosses, recheck, begin, list, find, write, ...pure } = of;
  return {
    ...pure,
    list: ({ lent }, tenant, place) => list.call(of, lent, tenant, place),
    find: ({ lent }, tenant, item) => find.call(of, lent, tenant, item),
    write: ({ lent }, tenant, item, stored) => write.call(of, lent, tenant, item, stored),
    ...(faults && {
      faults: (item, context, stored, { lent }) => faults.call(of, item, context, stored, lent),
    }),
    ...(refuseLosses && {
      refuseLosses: ({ lent }, tenant, item, stored, replaces) =>
        refuseLosses.call(of, lent, tenant, item, stored, replaces),
    }),
    ...(recheck && { recheck: ({ lent }, tenant, item) => recheck.call(of, lent, tenant, item) }),
    ...(begin && { begin: ({ lent }, tenant, item, replaces) => begin.call(of, lent, tenant, item, replaces) }),
  };
}
