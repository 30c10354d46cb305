/** The query parameter of changes that take something away from clients which are registered with it. */
import { z } from 'zod';

export const forceMember = z
  .enum(['true', 'false', ''])
  .transform((text) => text === 'true')
  .optional()
  .describe(
    'does it although clients lose something by it; without it they are named, the first twenty, and nothing is done',
  );

export const forceQuery = z.object({ force: forceMember });
