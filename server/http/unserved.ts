/** What is published and not served, of bodies and of queries: refused by name where it asks for something, or passed over. */
import { z } from 'zod';
import { saysSomething } from '../kernel/absent.ts';

/** Says of a schema that its member is not served, in documents and to who compares. */
export const unservedMark = 'x-unserved';

/**
 * A member that nothing here enforces. Whoever sets it would think that it holds: a token bound to a certificate, an answer
 * that is encrypted. As it is where nobody set it, it is passed over, and not kept.
 * @param why what is refused with, e.g. `tokens are not bound to certificates`
 * @param asksNothing whether a value that says something is met by what is done anyway
 */
export function unserved(why: string, asksNothing: (value: unknown) => boolean = () => false) {
  return z
    .json()
    .optional()
    .refine((value) => !saysSomething(value) || asksNothing(value), why)
    .meta({ [unservedMark]: true, description: `refused where it asks for something: ${why}` });
}

/** A published parameter that protects nobody and is not served: read, and passed over. @param why it says nothing here */
export function passedOver(why: string) {
  return z
    .string()
    .optional()
    .meta({ [unservedMark]: true, description: `passed over: ${why}` });
}

/** Names of the members that are not served, among those of a body. */
export function unservedIn(shape: Readonly<Record<string, z.ZodType>>): readonly string[] {
  return Object.entries(shape).flatMap(([name, schema]) => (schema.meta()?.[unservedMark] === true ? [name] : []));
}
