/** What a right code opens is done once: the code is spent first, and given back only where nothing came of it. */
import { randomUUID } from 'node:crypto';
import { PlatformError } from '../kernel/errors.ts';
import type { User } from '../users/user.ts';
import type { CodeCheck, CodeGuess } from './code-asking.ts';
import type { Code, CodeStore } from './code.ts';

export interface Redeem {
  /**
   * @param work may fail, as where a new password does not fit the policy: then the code is as good as before
   * @throws PlatformError `unauthorized` for every code that is not right, whatever is wrong with it;
   *   `too_many_requests`; what `work` throws
   */
  redeem<T>(guess: CodeGuess, work: (code: Code, user: User) => Promise<T>): Promise<T>;
}

/** One answer for all that is wrong, so that nobody learns who has an account. */
export const wrongCode = (): PlatformError => new PlatformError('unauthorized', 'The code is not valid.');

/**
 * What a code gives for good has to be of a code from after the last reset: whoever asked for one before may be whom the
 * reset was to keep out. Asked in the transaction that gives it.
 */
export const sinceSessionsEnd =
  ({ issuedAt }: Pick<Code, 'issuedAt'>) =>
  ({ user }: { readonly user: Pick<User, 'sessionsEndedAt'> }): void => {
    if (user.sessionsEndedAt !== undefined && issuedAt <= user.sessionsEndedAt) throw wrongCode();
  };

export function tooOften(retryAfterSeconds: number): PlatformError {
  return new PlatformError('too_many_requests', 'Too many attempts. Wait before you try again.', { retryAfterSeconds });
}

export function createRedeem({
  checker,
  codes,
}: {
  readonly checker: CodeCheck;
  readonly codes: Pick<CodeStore, 'spend' | 'unspend'>;
}): Redeem {
  return {
    async redeem(guess, work) {
      const checked = await checker.check(guess);
      if (checked.kind === 'throttled') throw tooOften(checked.retryAfterSeconds);
      if (checked.kind === 'wrong') throw wrongCode();
      const { code, user } = checked;
      const by = randomUUID();
      if (!(await codes.spend(code, code.id, by))) throw wrongCode();
      try {
        return await work(code, user);
      } catch (error) {
        await codes.unspend(code, code.id, by);
        throw error;
      }
    },
  };
}
