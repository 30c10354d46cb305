/** Lists that are never empty: generated clients of the published APIs send an empty one for what they were not given. */
import { z } from 'zod';

/** An empty one is as good as none, as null is. */
export function givenList<Element extends z.ZodType>(element: Element) {
  return z
    .array(element)
    .max(100)
    .transform((list) => (list.length === 0 ? undefined : list))
    .optional();
}
