/** Whether a code is right: counted before it is looked at, compared in constant time, and as costly for nobody. */
import { addressPolicy, personPolicy, type ThrottleStore } from '../interactions/throttle.ts';
import type { Clock } from '../kernel/clock.ts';
import { userId } from '../kernel/ids.ts';
import type { User } from '../users/user.ts';
import type { CodeCheck, CodeChecked, CodeGuess } from './code-asking.ts';
import { digestOf } from './code-person.ts';
import {
  codeTypes,
  mayUse,
  type Code,
  type CodePlace,
  type CodeSecrets,
  type CodeStore,
  type CodeType,
} from './code.ts';

export interface CodeCheckDeps {
  /** Outside of any transaction: a wrong try is counted whatever becomes of the rest. */
  readonly codes: Pick<CodeStore, 'take' | 'giveBackAttempt'>;
  readonly throttle: ThrottleStore;
  readonly secrets: CodeSecrets;
  readonly clock: Clock;
}

export function createCodeCheck({ codes, throttle, secrets, clock }: CodeCheckDeps): CodeCheck {
  type Counted = Omit<CodeGuess, 'type'> & { readonly types: readonly CodeType[]; readonly under: string };

  const checkEach = async ({
    pool,
    user,
    typed,
    code: text,
    by,
    bound,
    address,
    types,
    under,
  }: Counted): Promise<CodeChecked> => {
    const { tenantId, id: poolId } = pool;
    const byAddress = address === undefined ? [] : [{ key: `address:${address}`, policy: addressPolicy }];
    // By what was typed: who is refused under one name after guesses under another knows that both are one person.
    const byName = { key: `code:${under}:${poolId}:${digestOf(typed)}`, policy: personPolicy };
    const byNames = bound === undefined ? [byName] : [];
    const counted = [...byAddress, ...byNames];
    const now = clock.now();
    const attempt =
      counted.length > 0 ? await throttle.countAttempt(tenantId, counted, now) : ({ kind: 'counted' } as const);
    if (attempt.kind === 'blocked')
      return { kind: 'throttled', retryAfterSeconds: Math.ceil((attempt.until - now) / 1000) };
    const id = user?.id ?? userId(digestOf(`nobody ${typed}`));
    const tried: { readonly place: CodePlace; readonly kept: Code | undefined }[] = [];
    let right: Code | undefined;
    for (const type of types) {
      const place: CodePlace = { tenantId, poolId, userId: id, type, ...(bound === undefined ? {} : { bound }) };
      const kept = await codes.take(place);
      tried.push({ place, kept });
      const isRight = secrets.isRight(place, text, kept?.hash);
      if (isRight && kept !== undefined && isGood(kept, now, by) && isTheirs(kept, user)) right = kept;
    }
    // A right one was no guess at any of the others.
    for (const { place, kept } of tried) await codes.giveBackAttempt(place, right === undefined ? undefined : kept?.id);
    if (right === undefined || user === undefined) return { kind: 'wrong' };
    if (counted.length > 0) await throttle.forgive(tenantId, byNames, byAddress, now);
    return { kind: 'right', code: right, user };
  };

  return {
    check: (guess) => checkEach({ ...guess, types: [guess.type], under: guess.type }),
    inspect: (guess) => checkEach({ ...guess, types: codeTypes, under: 'inspect' }),
  };
}

/** Whoever was disabled since is as nobody; who activated may send the form of it once more. */
function isTheirs({ type, consumedBy }: Code, user: User | undefined): boolean {
  return user !== undefined && (consumedBy !== undefined || mayUse(type, user));
}

function isGood({ isOwned, expiresAt, consumedBy }: Code, now: number, by: string | undefined): boolean {
  return isOwned && expiresAt > now && (consumedBy === undefined || (by !== undefined && consumedBy === by));
}
