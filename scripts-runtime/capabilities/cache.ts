/** A script's cache: what it may keep from one login to the next. */
import { z } from 'zod';
import { readJson } from '../json.ts';
import type { JsonValue } from '../json.ts';
import type { ScriptHost } from '../run.ts';

const key = z.string().min(1).max(256);
const ttl = z
  .int()
  .min(1)
  .max(30 * 24 * 3600);
const maxValueChars = 32 * 1024;

const schemas = {
  'cache.get': z.strictObject({ key }),
  'cache.set': z.strictObject({ key, value: z.unknown(), ttl }),
  'cache.incr': z.strictObject({ key, by: z.int(), ttl }),
} as const;

/** @throws Error whose message is for the script */
function read<T>(schema: z.ZodType<T>, request: unknown): T {
  const found = schema.safeParse(request);
  if (!found.success)
    throw new Error(
      'cache: a key has 1 to 256 characters, a counter and its ttl are whole numbers, a ttl is at most 30 days',
    );
  return found.data;
}

export async function cacheGet(request: unknown, cache: ScriptHost['cache']): Promise<JsonValue> {
  const text = await cache.get(read(schemas['cache.get'], request).key);
  return text === undefined ? null : readJson(text);
}

export async function cacheSet(request: unknown, cache: ScriptHost['cache']): Promise<JsonValue> {
  const { key: name, value, ttl: seconds } = read(schemas['cache.set'], request);
  const text = JSON.stringify(value ?? null);
  if (text.length > maxValueChars)
    throw new Error(`cache: a value has at most ${String(maxValueChars)} characters as JSON`);
  await cache.set(name, text, seconds);
  return null;
}

export async function cacheIncr(request: unknown, cache: ScriptHost['cache']): Promise<JsonValue> {
  const { key: name, by, ttl: seconds } = read(schemas['cache.incr'], request);
  return cache.incr(name, by, seconds);
}
