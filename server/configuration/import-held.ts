/** What a change of objects that somebody has read is held to: none of them is lost, and each is still what was read. */
import { isDeepStrictEqual } from 'node:util';
import { PlatformError } from '../kernel/errors.ts';
import { located, pointerOf } from './import-faults.ts';
import type { ConfigurationKind, Fault, Section } from './section.ts';
import { objectsOf, treesOf, type Spool, type Spooled } from './spool.ts';

interface Held<Stores> {
  readonly kind: ConfigurationKind<Stores>;
  readonly spool: Spool;
  /** Left out where nobody has read anything before. */
  readonly read?: Spool | undefined;
}

/** What was read, and is not among what was made of it: under no name, or under another. */
export function* lostFaults<Stores>({ kind, spool, read }: Held<Stores>): Generator<Fault> {
  if (read === undefined) return;
  const message = 'must not lose objects: remove them by their own calls';
  for (const tree of treesOf(read))
    for (const one of objectsOf(read, tree)) {
      const section = kind.sections[one.section];
      // What another object said is unsaid by that one.
      if (section === undefined || one.index < -1 || spool.find(one.section, one.tenantId, one.name) !== undefined)
        continue;
      yield { pointer: pointerOf(section, one), message };
    }
}

/** @throws PlatformError `conflict` where somebody else made it another than it was when it was read */
export async function requireAsRead<Stores>(
  { read }: Pick<Held<Stores>, 'read'>,
  section: Section<Stores>,
  one: Spooled,
  stored: unknown,
): Promise<void> {
  if (read === undefined) return;
  const before = read.find(one.section, one.tenantId, one.name)?.item;
  if (before === undefined && stored === undefined) return;
  const isSame =
    before !== undefined &&
    stored !== undefined &&
    isDeepStrictEqual((await section.complete?.(before, stored)) ?? before, stored);
  if (!isSame) throw located(section, one, changedMeanwhile(before === undefined));
}

export function changedMeanwhile(isNew: boolean): PlatformError {
  const message = isNew ? 'It is there already.' : 'Somebody else changed it at the same time: read it again.';
  return new PlatformError('conflict', message);
}
