/** What a script came to, as its isolate says it: read as a stranger's word, and held to what the script declared. */
import { z } from 'zod';
import { effectsSchema, undeclared } from './effect.ts';
import { isObject, readJson } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { bounds } from './limits.ts';
import type { RunOutcome, StackFrame } from './run.ts';
import type { Script } from './script.ts';

const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ok'), output: z.custom<JsonValue>(), effects: z.custom<JsonValue>() }),
  z.strictObject({ kind: z.literal('denied'), reason: z.string().min(1).max(256), details: z.string() }),
  z.strictObject({ kind: z.literal('absent'), name: z.string().max(64) }),
  z.strictObject({ kind: z.literal('error'), message: z.string(), stack: z.string() }),
]);

/** @param json of the guest */
export function outcomeOf(json: string, script: Script): RunOutcome {
  let read: z.infer<typeof outcomeSchema>;
  try {
    read = outcomeSchema.parse(readJson(json));
  } catch {
    return failed('what the script returned cannot be read: it is too deep, or no JSON');
  }
  switch (read.kind) {
    case 'error':
      return { kind: 'error', fault: 'exception', message: read.message.slice(0, 4096), stack: stackOf(read.stack) };
    case 'absent': {
      const asked = `event.${read.name}`;
      return { kind: 'error', fault: 'not_on_tape', message: `${asked} is not on this tape`, stack: [], asked };
    }
    case 'denied':
      if (!script.manifest.effects.includes('deny')) return failed('"deny" is not among the effects of this script');
      return { kind: 'denied', reason: read.reason, details: detailsOf(read.details) };
    case 'ok':
      return accepted(read.output, read.effects, script);
  }
}

function accepted(output: JsonValue, given: JsonValue, script: Script): RunOutcome {
  const effects = effectsSchema.safeParse(given);
  if (!effects.success) return failed('the effects of the script cannot be read');
  if (effects.data.length > bounds.effects) return failed(`the script has more than ${String(bounds.effects)} effects`);
  const wrong = undeclared(effects.data, script.manifest.effects);
  if (wrong !== undefined) return failed(`"${wrong}" is not among the effects of this script`);
  return { kind: 'ok', output, effects: effects.data };
}

function detailsOf(json: string): JsonObject {
  try {
    const details = readJson(json);
    return isObject(details) ? details : {};
  } catch {
    return {};
  }
}

function failed(message: string): RunOutcome {
  return { kind: 'error', fault: 'exception', message, stack: [] };
}

const maxFrames = 20;

/** Lines of V8's stack that lie in the script: `at name (script:12:5)`. What a script made of its stack itself may hold none. */
export function stackOf(text: string): readonly StackFrame[] {
  const frames: StackFrame[] = [];
  for (const line of text.split('\n')) {
    const [, name = '', at = '', column = ''] =
      /^ {4}at (?:async )?([^(\n]{0,200}?) ?\(?script:(\d{1,7}):(\d{1,7})\)?$/.exec(line) ?? [];
    if (at !== '' && frames.length < maxFrames) frames.push({ name, line: Number(at), column: Number(column) });
  }
  return frames;
}
