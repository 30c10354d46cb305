/** What templates may call: texts, addresses, durations. Everything they answer is escaped by Handlebars. */
import type { HelperDelegate } from 'handlebars';
import { safeImage, safeLink } from './safe-links.ts';
import { fill } from './texts.ts';
import type { Texts } from './texts.ts';

/** What surrounds the data of one drawing; templates see it as `@locale`, `@direction`. */
export interface Frame {
  readonly locale: string;
  readonly direction: string;
  readonly texts: Texts;
  readonly assetHref: (name: string) => string;
}

interface CallOptions {
  readonly data: Frame;
  readonly hash: Readonly<Record<string, unknown>>;
}

export const templateFunctions: Readonly<Record<string, HelperDelegate>> = {
  t: (key: string, { data, hash }: CallOptions): string => {
    const text = data.texts.get(key);
    if (text === undefined) throw new Error(`no text ${key} in ${data.locale}`);
    return fill(text, hash);
  },
  key: (...parts: unknown[]): string => parts.slice(0, -1).join('.'),
  link: (value: unknown) => safeLink(value),
  image: (value: unknown) => safeImage(value),
  asset: (name: string, { data }: CallOptions): string => data.assetHref(name),
  is: (left: unknown, right: unknown): boolean => left === right,
  any: (...values: unknown[]): boolean => values.slice(0, -1).some(Boolean),
  every: (items: readonly Readonly<Record<string, unknown>>[], member: string): boolean =>
    items.every((item) => Boolean(item[member])),
  filled: (record: object): boolean => Object.keys(record).length > 0,
  view: (data: object, errors: object): object => ({ ...data, errors }),
  duration: (seconds: unknown, { data }: CallOptions): string =>
    typeof seconds === 'number' ? formatSeconds(seconds, data.locale) : '',
  moment: (ms: unknown, { data }: CallOptions): string =>
    typeof ms === 'number'
      ? new Intl.DateTimeFormat(data.locale, { dateStyle: 'medium', timeStyle: 'long', timeZone: 'UTC' }).format(ms)
      : '',
  /** The day alone, which is what people count by. */
  day: (ms: unknown, { data }: CallOptions): string =>
    typeof ms === 'number'
      ? new Intl.DateTimeFormat(data.locale, { dateStyle: 'long', timeZone: 'UTC' }).format(ms)
      : '',
};

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** `90` → "2 minutes": rounded up to the largest unit it fills, since nobody waits by the second for longer than a minute. */
function formatSeconds(seconds: number, locale: string): string {
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? (['second', 1] as const);
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.ceil(seconds / size));
}
