/** The rules of a new password as pages show them, with those marked that one did not meet. */
import type { Pool } from '../../pools/pool.ts';
import { passwordRules, type PasswordRuleShown } from '../../themes/password-rules.ts';
import { isPlatformError } from '../../kernel/errors.ts';
import { rulesOf, scores } from './password-policy.ts';

/**
 * @param failed rules by their published names
 * @param isFirst of who has no passwords of before to tell apart: what is said of those is said only where it failed
 */
export function rulesShown(
  { settings }: Pick<Pool, 'settings'>,
  failed: readonly string[],
  isFirst = false,
): readonly PasswordRuleShown[] {
  const all = rulesOf(settings.password_policy).map((one): PasswordRuleShown => ({
    rule: one.rule,
    count: typeof one.least === 'number' ? one.least : 0,
    character: 'character' in one ? one.character : undefined,
    score: one.rule === 'strength' ? scores[one.least] : undefined,
    failed: failed.includes(one.rule),
  }));
  const rules = all.filter(({ rule }) => !isFirst || rule !== 'not_used_since' || failed.includes(rule));
  const isListed = rules.some(({ rule }) => rule === 'not_used_since');
  // Where former passwords are good again, the present one still is no new one.
  if (isListed || !failed.includes('not_used_since')) return rules;
  return [...rules, { rule: 'not_used_since', count: 1, character: undefined, failed: true }];
}

/** @returns the rules that a password was refused for, by their published names; undefined for any other failure */
export function failedRulesIn(error: unknown): readonly string[] | undefined {
  if (!isPlatformError(error, 'unprocessable_entity') || !Array.isArray(error.details)) return undefined;
  const details: readonly unknown[] = error.details;
  const named = details.flatMap((detail) =>
    typeof detail === 'object' && detail !== null && 'rule' in detail ? [String(detail.rule)] : [],
  );
  const failed = passwordRules.filter((rule) => named.includes(rule));
  return failed.length === 0 ? undefined : failed;
}
