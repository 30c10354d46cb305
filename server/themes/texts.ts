/** The words on the pages: read once, compared across languages, filled in when a page is drawn. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { defaultLocale } from './locale.ts';

/** Dotted key → text with `{placeholders}`. */
export type Texts = ReadonlyMap<string, string>;

interface TextTree {
  readonly [key: string]: string | TextTree;
}
const treeSchema: z.ZodType<TextTree> = z.lazy(() => z.record(z.string(), z.union([z.string().min(1), treeSchema])));

/**
 * Reads `en.json`, `pt.json`, … of one folder.
 * @throws Error at the first file that is no tree of texts
 */
export function loadTexts(folder: string): ReadonlyMap<string, Texts> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort();
  return new Map(
    files.map((file) => {
      const parsed: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return [basename(file, '.json'), new Map(flatten(treeSchema.parse(parsed)))];
    }),
  );
}

/**
 * Texts of a part that brings its own, beside all others.
 * @throws Error at the first key that is there already
 */
export function withTexts(
  texts: ReadonlyMap<string, Texts>,
  more: ReadonlyMap<string, Texts>,
): ReadonlyMap<string, Texts> {
  return new Map(
    [...texts].map(([locale, known]) => {
      const own = more.get(locale) ?? new Map<string, string>();
      const taken = [...own.keys()].find((key) => known.has(key));
      if (taken !== undefined) throw new Error(`there are two texts ${taken} in ${locale}`);
      return [locale, new Map([...known, ...own])];
    }),
  );
}

function flatten(tree: TextTree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : flatten(value, `${prefix}${key}.`),
  );
}

/** The names in braces, sorted. */
export function placeholdersOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\{([a-z]+)\}/gi)].map(([, name = '']) => name))].sort();
}

/** Fills the braces. What is filled in is escaped with the whole text, later, by the template. */
export function fill(text: string, values: Readonly<Record<string, unknown>>): string {
  return text.replaceAll(/\{([a-z]+)\}/gi, (_, name: string) => {
    const value = values[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
}

/** Every difference between the languages: a key one of them lacks, a placeholder one of them forgets. */
export function findMismatches(locales: ReadonlyMap<string, Texts>): string[] {
  const reference = locales.get(defaultLocale);
  if (reference === undefined) return [`texts/${defaultLocale}.json is missing`];
  return [...locales].flatMap(([locale, texts]) => [
    ...[...reference.keys()].filter((key) => !texts.has(key)).map((key) => `texts/${locale}.json lacks ${key}`),
    ...[...texts.keys()].filter((key) => !reference.has(key)).map((key) => `texts/${locale}.json alone has ${key}`),
    ...[...texts]
      .filter(([key, text]) => placeholdersOf(text).join() !== placeholdersOf(reference.get(key) ?? text).join())
      .map(([key]) => `texts/${locale}.json has other placeholders in ${key}`),
  ]);
}
