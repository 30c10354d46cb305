/** Credentials of people in an exported identity configuration: one member, each of its types with a section of its own. */
import { z } from 'zod';
import type { Section } from '../configuration/section.ts';

const typed = z.object({ type: z.string() });

/**
 * One section of several, each named by the `type` of its objects. They agree in everything that is not of the object.
 * @param bodies of the sections, in the same order
 */
export function credentialSection<Stores>(
  first: readonly [type: string, Section<Stores>],
  second: readonly [type: string, Section<Stores>],
): Section<Stores> {
  const byType = new Map([first, second]);
  const [, plain] = first;
  const sections = [...byType.values()];
  const of = (item: unknown): Section<Stores> => byType.get(typed.parse(item).type) ?? plain;
  const types = [...byType.keys()];

  return {
    member: plain.member,
    placeMember: plain.placeMember,
    holds: plain.holds,
    // Each is read by its own body, so that what is wrong is told of that one alone.
    body: typed
      .loose()
      .refine(({ type }) => byType.has(type), { path: ['type'], message: `must be ${types.join(' or ')}` })
      .transform((item, context) => {
        const read = of(item).body.safeParse(item);
        if (read.success) return read.data;
        for (const { path, message } of read.error.issues)
          context.addIssue({ code: 'custom', path: [...path], message, input: item });
        return z.NEVER;
      }),
    nameOf: (item) => of(item).nameOf(item),
    placeOf: (item) => of(item).placeOf(item),
    groupOf: (item) => of(item).groupOf?.(item) ?? '',
    async *list(stores, tenant, place) {
      for (const section of sections) yield* section.list(stores, tenant, place);
    },
    find: (stores, tenant, item) => of(item).find(stores, tenant, item),
    needs(item) {
      const needed = of(item).needs?.(item);
      if (needed === undefined) throw new TypeError('A credential needs its person.');
      return needed;
    },
    faults: async (item, context, stored, stores) => (await of(item).faults?.(item, context, stored, stores)) ?? [],
    complete: (item, stored) => of(item).complete?.(item, stored) ?? Promise.resolve(item),
    write: (stores, tenant, item, stored) => of(item).write(stores, tenant, item, stored),
    secrets: (item, map) => of(item).secrets?.(item, map) ?? item,
  };
}
