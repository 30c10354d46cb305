/** Lists that are never empty: generated clients of the published APIs send an empty one for what they were not given. */
import { z } from 'zod';

/** An empty one is as good as none, as null is. @param most elements that are read, however many are the same */
export function givenList<Element extends z.ZodType>(element: Element, most = 100) {
  return z
    .array(element)
    .max(most)
    .transform((list) => (list.length === 0 ? undefined : list))
    .optional();
}
