/** Somebody's words in a message: a name stays on its line, and is no place for a link. */

/** @returns at most 80 characters */
export const onOneLine = (words: string): string =>
  words
    .replace(/[\s\p{C}]+/gu, ' ')
    .replaceAll(/:\/\//g, ' ')
    .trim()
    .slice(0, 80);
