/** Rates passwords in a thread of its own: a rating computes for tens of milliseconds, in which nobody else would be answered. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';
import * as english from '@zxcvbn-ts/language-en';
import type { Rating, Score } from './password-strength.ts';

/** Ways in which `4`, `@` and the like may stand for letters; more of them take a second for what few people type. */
const mostSubstitutions = 10;

/** Its time grows with the length, and what has these many characters is strong by now or is a repetition. */
const longestRated = 48;

/** With its dictionaries about 30 MB, loaded with this file. */
const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, ...english.dictionary },
  graphs: common.adjacencyGraphs,
  maxLength: longestRated,
  l33tMaxSubstitutions: mostSubstitutions,
});

/** A part of a password is no stronger than the whole. */
export function rate({ password, words }: Rating): Score {
  return zxcvbn.check(password.slice(0, longestRated), [...words]).score;
}
