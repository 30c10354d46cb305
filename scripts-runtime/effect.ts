/** What a script wants changed: collected while it runs, and applied by whoever ran it, once. */
import { z } from 'zod';
import type { JsonObject, JsonValue } from './json.ts';
import type { EffectName } from './script.ts';

export type Effect =
  | { readonly effect: 'claims'; readonly name: string; readonly value: JsonValue }
  | { readonly effect: 'scopes'; readonly action: 'grant' | 'deny'; readonly scope: string }
  | { readonly effect: 'acr'; readonly value: string }
  | { readonly effect: 'amr'; readonly value: readonly string[] }
  /** `user.setMetadata`: merged into the person's metadata. */
  | { readonly effect: 'metadata'; readonly value: JsonObject };

const json = z.custom<JsonValue>();
const word = z.string().min(1).max(256);

const effectSchema = z.discriminatedUnion('effect', [
  z.strictObject({ effect: z.literal('claims'), name: word, value: json }),
  z.strictObject({ effect: z.literal('scopes'), action: z.enum(['grant', 'deny']), scope: word }),
  z.strictObject({ effect: z.literal('acr'), value: word }),
  z.strictObject({ effect: z.literal('amr'), value: z.array(word).max(20).readonly() }),
  z.strictObject({ effect: z.literal('metadata'), value: z.record(z.string().max(256), json).readonly() }),
]);

export const effectsSchema: z.ZodType<readonly Effect[]> = z.array(effectSchema).readonly();

/** The first effect that the script did not say it would have: its process may have made it up. */
export function undeclared(effects: readonly Effect[], declared: readonly EffectName[]): EffectName | undefined {
  return effects.find(({ effect }) => !declared.includes(effect))?.effect;
}
