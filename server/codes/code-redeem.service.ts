/** What a right code opens is done once: in the transaction that spends the code, or not at all. */
import { randomUUID } from 'node:crypto';
import { PlatformError } from '../kernel/errors.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { User } from '../users/user.ts';
import type { CodeCheck, CodeGuess } from './code-asking.ts';
import type { Code, CodeStore } from './code.ts';

export interface RedeemStores {
  readonly codes: Pick<CodeStore, 'spend'>;
}

/** Runs in the transaction that spends the code: where it throws, the code is as good as before. */
export type Commit<Stores, T> = (stores: Stores) => Promise<T>;

export interface Redeem<Stores = RedeemStores> {
  /**
   * @param prepare what takes its time, as the hash of a password, before anything is spent; it may fail
   * @param again answers the same form that comes once more after it did its work: see `CodeGuess.by`
   * @throws PlatformError `unauthorized` for every code that is not right, whatever is wrong with it;
   *   `too_many_requests`; what `prepare` and what it answers throw
   */
  redeem<T>(
    guess: CodeGuess,
    prepare: (code: Code, user: User) => Promise<Commit<Stores, T>>,
    again?: (stores: Stores, user: User) => Promise<T>,
  ): Promise<T>;
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

export function createRedeem<Stores extends RedeemStores>({
  checker,
  unitOfWork,
}: {
  readonly checker: Pick<CodeCheck, 'check'>;
  readonly unitOfWork: UnitOfWork<Stores>;
}): Redeem<Stores> {
  return {
    async redeem(guess, prepare, again) {
      const checked = await checker.check(guess);
      if (checked.kind === 'throttled') throw tooOften(checked.retryAfterSeconds);
      if (checked.kind === 'wrong') throw wrongCode();
      const { code, user } = checked;
      if (code.consumedBy !== undefined) {
        if (again === undefined) throw wrongCode();
        return unitOfWork.run((stores) => again(stores, user));
      }
      const commit = await prepare(code, user);
      const by = guess.by ?? randomUUID();
      return unitOfWork.run(async (stores) => {
        if (!(await stores.codes.spend(code, code.id, by))) throw wrongCode();
        return commit(stores);
      });
    },
  };
}
