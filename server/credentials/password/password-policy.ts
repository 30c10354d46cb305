/** What a pool asks of a new password: its rules in words that a page can show, and which of them a password fails. */
import { PlatformError } from '../../kernel/errors.ts';
import type { PoolSettings } from '../../pools/pool.ts';
import { isTooLong } from './hasher.ts';
import type { FormerPassword, PasswordHasher } from './password.ts';
import type { Score, StrengthMeter } from './password-strength.ts';

export type PasswordPolicy = PoolSettings['password_policy'];

/** So many characters of a kind, or at all. */
export interface CountRule {
  readonly rule: 'min_length' | 'capital_letters' | 'lowercase_letters' | 'digits' | 'special_characters';
  readonly least: number;
  /** One character that counts, as a regular expression with the flag `u`: a page may count as the server does. */
  readonly character: string;
}
export type PasswordRule =
  | CountRule
  | { readonly rule: 'strength'; readonly least: Exclude<PasswordPolicy['strength'], 'any'> }
  /** Not the present one, and none of so many before it. */
  | { readonly rule: 'not_used_since'; readonly least: number };

/** By their published names; `max_length` is the platform's own. */
export type RuleName = PasswordRule['rule'] | 'max_length';

/** A rule that is not met, as the published error tells it. */
export interface FailedRule {
  readonly pointer: string;
  readonly message: string;
  readonly rule: RuleName;
}

const characters: Readonly<Record<CountRule['rule'], string>> = {
  min_length: String.raw`[\s\S]`,
  capital_letters: String.raw`[\p{Lu}\p{Lt}]`,
  lowercase_letters: String.raw`\p{Ll}`,
  digits: String.raw`\p{Nd}`,
  // Neither letters, with what is written above and below them, nor numbers; blanks count, what nobody sees does not.
  special_characters: String.raw`[^\p{L}\p{M}\p{N}\p{C}]`,
};
const counted = ['min_length', 'capital_letters', 'lowercase_letters', 'digits', 'special_characters'] as const;
/** What each strength asks of a rating. */
export const scores = { any: 0, weak: 1, fair: 2, strong: 3, very_strong: 4 } as const satisfies Record<string, Score>;

/** @returns the rules that ask for something, in the order that they are shown */
export function rulesOf(policy: PasswordPolicy): readonly PasswordRule[] {
  const rules: PasswordRule[] = [];
  for (const rule of counted)
    if (policy[rule] > 0) rules.push({ rule, least: policy[rule], character: characters[rule] });
  if (policy.strength !== 'any') rules.push({ rule: 'strength', least: policy.strength });
  if (policy.not_used_since > 0) rules.push({ rule: 'not_used_since', least: policy.not_used_since });
  return rules;
}

const plural = (count: number, one: string): string => `${String(count)} ${one}${count === 1 ? '' : 's'}`;

function messageOf(rule: PasswordRule): string {
  switch (rule.rule) {
    case 'min_length':
      return `must have at least ${plural(rule.least, 'character')}`;
    case 'capital_letters':
      return `must have at least ${plural(rule.least, 'capital letter')}`;
    case 'lowercase_letters':
      return `must have at least ${plural(rule.least, 'lower-case letter')}`;
    case 'digits':
      return `must have at least ${plural(rule.least, 'digit')}`;
    case 'special_characters':
      return `must have at least ${plural(rule.least, 'special character')}`;
    case 'strength':
      return 'is too easy to guess: make it longer, and of words that nobody would look for together';
    case 'not_used_since':
      return 'was used before: choose another one';
  }
}

export interface PolicyCheckDeps {
  readonly hasher: Pick<PasswordHasher, 'verify'>;
  readonly strengthOf: StrengthMeter;
}

export interface Checked {
  readonly policy: PasswordPolicy;
  readonly password: string;
  /** What a stranger may know of the person. */
  readonly guessable: readonly string[];
  /** The present one, and those before it from the newest; empty for a new person. */
  readonly used: readonly Pick<FormerPassword, 'hash'>[];
  /** Where the password was sent. */
  readonly pointer: string;
  /** It comes in the place of the present one, whose time is over: it has to be another, whatever the pool asks. */
  readonly isChange?: boolean;
}

export interface PolicyCheck {
  /**
   * Compares with former passwords, at the cost of a login each, only what meets every other rule.
   * @throws PlatformError `unprocessable_entity` with each rule that is not met; `unavailable` when too many hashes wait
   */
  demand(checked: Checked): Promise<void>;
}

export function createPolicyCheck({ hasher, strengthOf }: PolicyCheckDeps): PolicyCheck {
  async function isMet(rule: PasswordRule, { password, guessable, used }: Checked): Promise<boolean> {
    switch (rule.rule) {
      case 'strength':
        return (await strengthOf(password, guessable)) >= scores[rule.least];
      case 'not_used_since':
        for (const { hash } of used.slice(0, rule.least + 1)) if (await hasher.verify(hash, password)) return false;
        return true;
      default:
        return (password.match(new RegExp(rule.character, 'gu')) ?? []).length >= rule.least;
    }
  }

  return {
    async demand(checked) {
      const { policy, password, pointer, isChange = false } = checked;
      if (isTooLong(password))
        throw refused([{ pointer, message: 'must have at most 1024 bytes', rule: 'max_length' }]);
      const failed: FailedRule[] = [];
      const rules = rulesOf(policy);
      const differs = { rule: 'not_used_since', least: 0 } as const;
      for (const rule of isChange && policy.not_used_since === 0 ? [...rules, differs] : rules) {
        if (rule.rule === 'not_used_since' && failed.length > 0) break;
        if (!(await isMet(rule, checked))) failed.push({ pointer, message: messageOf(rule), rule: rule.rule });
      }
      if (failed.length > 0) throw refused(failed);
    },
  };
}

function refused(details: readonly FailedRule[]): PlatformError {
  const [first] = details;
  const message = `The password ${first?.message ?? 'does not meet the rules of this pool'}.`;
  return new PlatformError('unprocessable_entity', message, { details });
}
