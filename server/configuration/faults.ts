/** Rules that throw, as faults of an imported object. */
import { z } from 'zod';
import { isPlatformError } from '../kernel/errors.ts';
import type { Fault } from './section.ts';

const violations = z.array(z.object({ pointer: z.string(), message: z.string() })).min(1);

/** Runs a rule. @returns what it refused with `unprocessable_entity`; anything else is thrown on */
export function faultsFrom(rule: () => void): readonly Fault[] {
  try {
    rule();
    return [];
  } catch (error) {
    if (!isPlatformError(error, 'unprocessable_entity')) throw error;
    const details = violations.safeParse(error.details);
    return details.success ? details.data : [{ pointer: '', message: error.message }];
  }
}
