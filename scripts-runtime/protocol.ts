/** What a child may say. It is taken for captured: every word is checked, and one that does not fit ends it. */
import { z } from 'zod';
import { bounds } from './limits.ts';
import { hostCalls } from './tape.ts';

const id = z.string().length(32);
const short = z.string().max(4096);
const cpuMs = z.number().min(0).max(60_000);
const place = z.int().min(1).max(10_000_000).optional();

const compiledSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ok'),
    shape: z.enum(['classic', 'typed']),
    code: z.string().max(bounds.frameFromChildBytes),
    manifest: z.string().max(64 * 1024),
  }),
  z.strictObject({
    kind: z.literal('refused'),
    code: z.enum(['syntax', 'unsupported_syntax', 'shape', 'failed']),
    message: short,
    line: place,
    column: place,
  }),
]);

export const fromChildSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('begun'), id }),
  z.strictObject({
    type: z.literal('call'),
    id,
    n: z.int().min(0).max(bounds.calls),
    call: z.enum(hostCalls),
    request: z.string(),
  }),
  z.strictObject({
    type: z.literal('log'),
    id,
    level: z.enum(['debug', 'log', 'info', 'warn', 'error']),
    text: z.string(),
  }),
  z.strictObject({ type: z.literal('refused'), id, scope: z.string().max(512) }),
  z.strictObject({ type: z.literal('done'), id, outcome: z.string().max(bounds.outputBytes), cpuMs }),
  z.strictObject({
    type: z.literal('fault'),
    id,
    fault: z.enum(['exception', 'timeout', 'memory', 'cpu', 'limit']),
    message: short,
    stack: z.string().max(16_384),
    cpuMs,
    spent: z.boolean(),
  }),
  z.strictObject({ type: z.literal('stopped'), id, cpuMs }),
  z.strictObject({ type: z.literal('compiled'), id, result: compiledSchema }),
]);

export type ChildSays = z.infer<typeof fromChildSchema>;
export type CallOfChild = Extract<ChildSays, { type: 'call' }>;
export type CompiledByChild = z.infer<typeof compiledSchema>;
