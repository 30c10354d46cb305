/** Somebody's words in a message: a name stays on its line, and is no place for a link. */

/** @returns at most 80 characters */
export const onOneLine = (words: string): string =>
  words
    .replace(/[\s\p{C}]+/gu, ' ')
    .replaceAll(/:\/\//g, ' ')
    .trim()
    .slice(0, 80);

/** What mail programs make a link of by themselves, though no scheme is before it: a host, and whatever follows it. */
const hostLike = /(?<=[\p{L}\p{N}])[.\u3002\uff0e\uff61](?=\p{L}[\p{L}\p{N}-])/gu;
const mailAddress = /^(?!www\.)[\p{L}\p{N}._+-]+@[\p{L}\p{N}.-]+$/iu;

/** Words that anybody may have said of themselves: an address of the web in them can be read, and leads nowhere. */
export const withoutLinks = (words: string): string =>
  onOneLine(
    words
      .split(/\s+/u)
      .map((word) => (mailAddress.test(word) ? word : word.replaceAll(hostLike, '. ')))
      .join(' '),
  );
