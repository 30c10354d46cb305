/** Rules of a new password, as pages list them. */

export const passwordRules = [
  'min_length',
  'capital_letters',
  'lowercase_letters',
  'digits',
  'special_characters',
  'not_used_since',
  'strength',
] as const;
export type PasswordRule = (typeof passwordRules)[number];

export interface PasswordRuleShown {
  readonly rule: PasswordRule;
  /** Of characters, or of passwords before; nothing for the strength. */
  readonly count: number;
  /** One character that is counted, as a regular expression with the flag `u`. */
  readonly character?: string | undefined;
  /** From 1 to 4, as zxcvbn rates: the least that is strong enough. */
  readonly score?: number | undefined;
  /** The password that was just sent did not follow it. */
  readonly failed: boolean;
}
