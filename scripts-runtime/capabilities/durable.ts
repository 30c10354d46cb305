/** What a script asks for while its login waits: an application, an approval, or time. */
import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import type { DurableCall } from '../script.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const longestMs = 90 * 86_400_000;

/** Milliseconds as a number, or `30s`, `10m`, `2h`, `3d`. */
const duration = z
  .union([z.int(), z.string().regex(/^\d{1,9}(ms|s|m|h|d)$/)])
  .transform((said) => {
    if (typeof said === 'number') return said;
    const [, count = '0', unit = 'ms'] = /^(\d+)([a-z]+)$/.exec(said) ?? [];
    return Number(count) * (unitMs[unit] ?? 1);
  })
  .refine((ms) => ms > 0 && ms <= longestMs, 'is at most 90 days');

const word = z.string().min(1).max(256);

const schemas = {
  redirect: z
    .strictObject({ app: word, data: z.record(z.string(), z.json()).default({}), timeout: duration.optional() })
    .transform(({ timeout, ...rest }) => ({ ...rest, ...(timeout === undefined ? {} : { timeoutMs: timeout }) })),
  approval: z
    .strictObject({
      group: word.optional(),
      role: word.optional(),
      quorum: z.int().min(1).max(20).default(1),
      timeout: duration.default(3 * 86_400_000),
      reason: z.string().max(1000).default(''),
    })
    .refine(({ group, role }) => group !== undefined || role !== undefined, 'needs a group or a role')
    .transform(({ timeout, group, role, ...rest }) => ({
      ...rest,
      ...(group === undefined ? {} : { group }),
      ...(role === undefined ? {} : { role }),
      timeoutMs: timeout,
    })),
  sleep: z.strictObject({ duration }).transform(({ duration: ms }) => ({ ms })),
} as const satisfies Record<DurableCall, z.ZodType>;

/**
 * `redirect` → {app, data, timeoutMs?}; `approval` → {group?, role?, quorum, reason, timeoutMs}; `sleep` → {ms}.
 * @throws Error whose message is for the script
 */
export function durableRequest(call: DurableCall, request: unknown): JsonObject {
  const read = schemas[call].safeParse(request);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new Error(`api.${call}: ${first?.path.map(String).join('.') ?? ''} ${first?.message ?? 'is wrong'}`);
}
