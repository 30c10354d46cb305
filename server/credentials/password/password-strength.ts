/** How hard a password is to guess, as zxcvbn has it: by words, names, keyboards and dates, and by what is known of its person. */

/** 0 to 4: guessed within 10³, 10⁶, 10⁸, 10¹⁰ attempts, or not within them. */
export type Score = 0 | 1 | 2 | 3 | 4;

/** @param guessable what a stranger may know of the person: names, identifiers, addresses */
export type StrengthMeter = (password: string, guessable: readonly string[]) => Promise<Score>;

/** Its time grows with the length, and what has these many characters is strong by now or is a repetition. */
const longestRated = 48;
/** Ways in which `4`, `@` and the like may stand for letters; more of them take a second for what few people type. */
const mostSubstitutions = 10;
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

async function load() {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    maxLength: longestRated,
    l33tMaxSubstitutions: mostSubstitutions,
  });
}

/** @returns a meter that loads its dictionaries, about 30 MB, when it is first asked */
export function createStrengthMeter(): StrengthMeter {
  let loaded: ReturnType<typeof load> | undefined;
  return async (password, guessable) => {
    loaded ??= load();
    // A part of a password is no stronger than the whole.
    return (await loaded).check(password.slice(0, longestRated), wordsOf(guessable)).score;
  };
}
