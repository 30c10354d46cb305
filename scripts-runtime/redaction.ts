/** Strikes secrets out of what is kept, by marks that nobody else can write; and puts them back for a replay. */
import type { JsonValue } from './json.ts';
import { isList } from './json.ts';

export interface Redaction {
  /** In every string, and in names of members. */
  hide(value: JsonValue): JsonValue;
  hideText(text: string): string;
  /** Marks stand inside of strings: what replaces them is written as JSON writes it. */
  showJson(json: string): string;
}

/** Shorter ones would strike out half of everything; secrets of that length protect nothing. */
const shortest = 4;

/** As which a secret leaves a script: itself, and what encoders make of it. */
const forms: Readonly<Record<string, (secret: string) => string>> = {
  raw: (secret) => secret,
  b64: (secret) => Buffer.from(secret).toString('base64'),
  b64url: (secret) => Buffer.from(secret).toString('base64url'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  uri: encodeURIComponent,
  json: (secret) => JSON.stringify(secret).slice(1, -1),
};

/**
 * @param secrets by name
 * @param mark random, of this tape: a server that answers with somebody's mark is not given the secret for it
 */
export function createRedaction(secrets: Readonly<Record<string, string>>, mark: string): Redaction {
  const pairs: [found: string, sign: string][] = [];
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret.length < shortest) continue;
    for (const [form, make] of Object.entries(forms)) {
      const found = make(secret);
      if (!pairs.some(([one]) => one === found)) pairs.push([found, `[secret:${name}:${form}:${mark}]`]);
    }
  }
  // The longest first: one secret may be part of another.
  pairs.sort(([one], [other]) => other.length - one.length);
  const hideText = (text: string): string => {
    let kept = text;
    for (const [found, sign] of pairs) if (kept.includes(found)) kept = kept.replaceAll(found, () => sign);
    return kept;
  };
  const hide = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return hideText(value);
    if (value === null || typeof value !== 'object') return value;
    if (isList(value)) return value.map(hide);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [hideText(name), hide(one)]));
  };
  return {
    hide: (value) => (pairs.length === 0 ? value : hide(value)),
    hideText,
    showJson(json) {
      if (!json.includes(mark)) return json;
      let shown = json;
      for (const [found, sign] of pairs) shown = shown.replaceAll(sign, () => JSON.stringify(found).slice(1, -1));
      return shown;
    },
  };
}

/**
 * What a script returned, as it may be shown: of the same shape, since only texts change.
 * @param value JSON
 * @param mark of its tape
 */
export function withoutSecrets<T>(value: T, secrets: Readonly<Record<string, string>>, mark: string): T {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- JSON goes in, and the same members come out
  return createRedaction(secrets, mark).hide(value as JsonValue) as T;
}
