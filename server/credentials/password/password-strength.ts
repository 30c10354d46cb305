/** How hard a password is to guess, as zxcvbn has it: by words, names, keyboards and dates, and by what is known of its person. */
import { Piscina } from 'piscina';
import { PlatformError } from '../../kernel/errors.ts';

/** 0 to 4: guessed within 10³, 10⁶, 10⁸, 10¹⁰ attempts, or not within them. */
export type Score = 0 | 1 | 2 | 3 | 4;

/** What the thread is told. */
export interface Rating {
  readonly password: string;
  /** In lower case. */
  readonly words: readonly string[];
}

/** @param guessable what a stranger may know of the person: names, identifiers, addresses */
export type StrengthMeter = (password: string, guessable: readonly string[]) => Promise<Score>;

/** What is rated of a longer one does not depend on the rest. */
const longestSent = 256;
const mostGuessable = 100;
const longestGuessable = 100;

/** Whole, before the `@`, and the words in it: `ada.king@example.com` is also `ada.king`, `ada`, `king`, `example` and `com`. */
function wordsOf(guessable: readonly string[]): string[] {
  const words = new Set<string>();
  for (const text of guessable) {
    const whole = text.slice(0, longestGuessable).toLowerCase();
    const parts = [whole, ...whole.split('@'), ...whole.split(/[^\p{L}\p{N}]+/u)];
    for (const word of parts) if (word.length > 1) words.add(word);
  }
  return [...words].slice(0, mostGuessable);
}

const messageOfFullQueue = 'Task queue is at limit';

export interface StrengthMeterThread {
  readonly strengthOf: StrengthMeter;
  /** Ratings that are asked for from now on fail. */
  close(): Promise<void>;
}

/**
 * One thread, which begins when it is first asked, ends a minute after it was asked last, and works on one rating at a time.
 * @param waiting ratings that may wait; whoever comes beyond is told to come back
 */
export function createStrengthMeter({ waiting = 200 }: { readonly waiting?: number } = {}): StrengthMeterThread {
  const thread = new Piscina<Rating, Score>({
    filename: new URL('./strength.worker.ts', import.meta.url).href,
    name: 'rate',
    minThreads: 0,
    maxThreads: 1,
    maxQueue: waiting,
    idleTimeout: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  let isClosed = false;
  return {
    async strengthOf(password, guessable) {
      if (isClosed) throw new PlatformError('unavailable', 'The server stops: try again.', { retryAfterSeconds: 2 });
      try {
        return await thread.run({ password: password.slice(0, longestSent), words: wordsOf(guessable) });
      } catch (error) {
        if (!(error instanceof Error) || error.message !== messageOfFullQueue) throw error;
        throw new PlatformError('unavailable', 'Too many people are choosing passwords: try again in a moment.', {
          retryAfterSeconds: 2,
        });
      }
    },
    async close() {
      isClosed = true;
      await thread.destroy();
    },
  };
}
