/** Pointers of what is wrong, from the place where it is kept to the place where it was sent (RFC 6901). */
import { z } from 'zod';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';

const violations = z.array(z.looseObject({ pointer: z.string() }));

/** Does the work, and says of what it refuses that it stood in the body itself, not below `prefix`. */
export async function pointingFrom<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isPlatformError(error, 'unprocessable_entity')) throw error;
    const found = violations.safeParse(error.details);
    if (!found.success) throw error;
    const details = found.data.map((one) => ({
      ...one,
      pointer: one.pointer.startsWith(`${prefix}/`) ? one.pointer.slice(prefix.length) : one.pointer,
    }));
    throw new PlatformError('unprocessable_entity', error.message, { details });
  }
}
