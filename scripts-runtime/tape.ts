/** What a script asked and was answered: enough to run it again, byte for byte, in another process or on another day. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonical } from './json.ts';
import type { JsonObject } from './json.ts';
import { bounds } from './limits.ts';

/** Every host call that is answered from outside of the isolate. */
export const hostCalls = [
  ...(['fetch', 'cache.get', 'cache.set', 'cache.incr', 'timer', 'jwt.sign', 'jwt.verify'] as const),
  ...(['redirect', 'approval', 'sleep'] as const),
] as const;
export type HostCall = (typeof hostCalls)[number];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const answerSchema = z.discriminatedUnion('kind', [
  /** Canonical JSON; secrets struck out. */
  z.strictObject({ kind: z.literal('value'), json: z.string() }),
  /** The same, too long to be kept here. */
  z.strictObject({ kind: z.literal('spilled'), sha256, bytes: z.int().min(0) }),
  z.strictObject({ kind: z.literal('error'), message: z.string() }),
  /** The run ended before. */
  z.strictObject({ kind: z.literal('none') }),
]);
export type TapeAnswer = z.infer<typeof answerSchema>;

const entrySchema = z.strictObject({
  /** Which call of the script it is, counted from 0. Entries stand in the order of their answers. */
  n: z.int().min(0).max(bounds.calls),
  call: z.enum(hostCalls),
  /** Canonical JSON; secrets struck out. */
  request: z.string(),
  /** When it was answered, as the script's clock shows from then on. */
  at: z.int().min(0),
  /** Left out of the last entry of a login that is suspended there. */
  answer: answerSchema.optional(),
});
export type TapeEntry = z.infer<typeof entrySchema>;

const tapeSchema = z.strictObject({
  format: z.literal(1),
  /** Of the script and of its input: a tape is good for these and no other. */
  script: sha256,
  input: sha256,
  /** From which chance is drawn, in hexadecimal; as secret as what is made of it. */
  seed: sha256,
  /** Marks secrets that are struck out, so that nobody else can write such a mark. */
  mark: z.string().regex(/^[0-9a-f]{16}$/),
  /** When the script began: its clock moves only when it is answered. */
  at: z.int().min(0),
  entries: z.array(entrySchema).max(bounds.calls).readonly(),
});
export type Tape = z.infer<typeof tapeSchema>;

/** @param value of a row @throws ZodError when it is no tape */
export function parseTape(value: unknown): Tape {
  return tapeSchema.parse(value);
}

/**
 * A tape on which nothing stands yet. Kept before the run that it is for, it makes a second run draw the same chance: what
 * a script names a request by is the same name then.
 * @param script the SHA-256 of its source
 * @param at milliseconds since the epoch
 */
export function beginTape(
  { script, input, at }: { readonly script: string; readonly input: JsonObject; readonly at: number },
  random: (length: number) => Uint8Array,
): Tape {
  const hex = (length: number): string => Buffer.from(random(length)).toString('hex');
  return { format: 1, script, input: digestOf(input), seed: hex(32), mark: hex(8), at, entries: [] };
}

/** In hexadecimal. */
export function digestOf(input: JsonObject | string): string {
  return createHash('sha256')
    .update(typeof input === 'string' ? input : canonical(input))
    .digest('hex');
}

/** The durable call at which the login waits, if it does. */
export function suspensionOf(tape: Tape): TapeEntry | undefined {
  const last = tape.entries.at(-1);
  return last && last.answer === undefined ? last : undefined;
}
