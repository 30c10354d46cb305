/** Puts the plugins' metadata members together: each may publish what it declared, and nothing else. */
import { PlatformError } from '../kernel/errors.ts';
import { bootError } from './boot-error.ts';
import type { DiscoveryContext, DiscoveryContribution } from './discovery.ts';
import type { Owned } from './hook-kinds.ts';

/** @throws PlatformError `internal` when a plugin answers a member it did not declare */
export function discoveryMembers(
  contributions: readonly Owned<DiscoveryContribution>[],
  context: DiscoveryContext,
): Readonly<Record<string, unknown>> {
  const members = contributions.flatMap(({ owner, value: { members: declared, values } }) =>
    Object.entries(values(context)).map((entry) => {
      if (declared.includes(entry[0])) return entry;
      throw new PlatformError('internal', 'the metadata could not be made', {
        cause: bootError(owner, `discovery member "${entry[0]}" was not declared`),
      });
    }),
  );
  return Object.fromEntries(members);
}
