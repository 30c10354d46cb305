/** Credentials of people in an exported identity configuration: one member, each of its types said by a kind. */
import { z } from 'zod';
import type { DeclaredSection, Section } from '../configuration/section.ts';

type Needed = 'body' | 'nameOf' | 'placeOf' | 'groupOf' | 'needs' | 'list' | 'find' | 'write';
type Left = 'faults' | 'complete' | 'secrets';

/**
 * What a kind says of its credentials. Each is of a person, in a pool, and has a `type` that is called as the kind; its name
 * is unique among those of the kind in the pool.
 */
export type CredentialItems<Stores = never> = Required<Pick<Section<Stores>, Needed>> & Pick<Section<Stores>, Left>;

type Declared<Item, Stores> = Required<Pick<DeclaredSection<Item, Stores>, Needed>> &
  Pick<DeclaredSection<Item, Stores>, Left>;

/** Declares them with functions that know the type of their objects. */
export function credentialItems<Item, Stores>(declared: Declared<Item, Stores>): CredentialItems<Stores> {
  // As with sections: its functions are given what its own body has read.
  return declared;
}

/** Where each of them is written. */
const place = { member: 'user_credentials', placeMember: 'user_pool_id', holds: ['place'] } as const;

const typed = z.object({ type: z.string() });

/**
 * One section of several.
 * @param first its objects are named in their pool as it says: what an export sealed is bound to that name. Names of all
 *   others begin with their type, so that none is another's
 */
export function credentialSection<Stores>(
  first: readonly [type: string, CredentialItems<Stores>],
  ...others: readonly (readonly [type: string, CredentialItems<Stores>])[]
): Section<Stores> {
  const byType = new Map([first, ...others]);
  const [plainType, plain] = first;
  const typeOf = (item: unknown): string => typed.parse(item).type;
  const of = (item: unknown): CredentialItems<Stores> => byType.get(typeOf(item)) ?? plain;
  const types = [...byType.keys()];

  return {
    ...place,
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
    nameOf(item) {
      const [type, name] = [typeOf(item), of(item).nameOf(item)];
      const inPool = type === plainType ? name : `${type} ${name}`;
      return `${String(of(item).placeOf(item))} ${inPool}`;
    },
    placeOf: (item) => of(item).placeOf(item),
    groupOf: (item) => of(item).groupOf(item),
    async *list(stores, tenant, pool) {
      for (const items of byType.values()) yield* items.list(stores, tenant, pool);
    },
    find: (stores, tenant, item) => of(item).find(stores, tenant, item),
    needs: (item) => of(item).needs(item),
    faults: async (item, context, stored, stores) => (await of(item).faults?.(item, context, stored, stores)) ?? [],
    complete: (item, stored) => of(item).complete?.(item, stored) ?? Promise.resolve(item),
    write: (stores, tenant, item, stored) => of(item).write(stores, tenant, item, stored),
    secrets: (item, map) => of(item).secrets?.(item, map) ?? item,
  };
}
