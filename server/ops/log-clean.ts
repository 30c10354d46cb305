/** What a log line may hold: no secret, no URL with a query, no statement with its values, nothing without bounds. */
import { isPlatformError } from '../kernel/errors.ts';
import type { LogFields } from '../kernel/log.ts';

/** Whatever kinds of credentials there are. */
const secretKeys = [
  // A form as a whole: deny by default, whatever its fields are called.
  'answer',
  'authorization',
  'body',
  'client_assertion',
  'client_secret',
  'code_verifier',
  'cookie',
  'cookies',
  'fields',
  'form',
  'access_token',
  'headers',
  'id_token',
  'id_token_hint',
  'passphrase',
  'proxy-authorization',
  'refresh_token',
  'registration_access_token',
  'secret',
  'set-cookie',
  'token',
  'private_key',
];

const depthLimit = 5;
const entryLimit = 50;
const textLimit = 2_000;

/** Names are compared in snake case, so that `clientSecret` is caught like `client_secret`. */
const inSnakeCase = (key: string): string => key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** Cuts queries, fragments and credentials from URLs, bearer tokens, and what is too long. */
export function cleanText(text: string): string {
  const bounded = text.length > textLimit ? `${text.slice(0, textLimit)}…` : text;
  return bounded
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1')
    .replace(/((?:[a-z][a-z0-9+.-]*:\/)?\/[^\s?#"'<>]*)[?#][^\s"'<>]+/gi, '$1')
    .replace(/\bBearer\s+[\w.~+/-]+=*/gi, 'Bearer [redacted]');
}

/** Databases repeat the statement with its values, and the duplicate value, in their messages. */
function withoutStatement(text: string): string {
  const statement = /^\s*(insert|update|select|delete|replace|with|create|alter)\b[\s\S]* - /i.exec(text);
  const message = statement ? `[statement] ${text.slice(statement[0].length)}` : text;
  return message.replace(/(Duplicate entry) '.*' (for key)/, '$1 [redacted] $2');
}

/**
 * @param more names that hold a secret, beside those of protocols and of our own
 * @returns what makes the fields of a line fit to be written
 */
export function createLogCleaner(more: readonly string[]): (fields: LogFields) => LogFields {
  const secrets = new Set([...secretKeys, ...more].map(inSnakeCase));

  function cleanError(error: Error, depth: number): LogFields {
    const code = 'code' in error && ['string', 'number'].includes(typeof error.code) ? error.code : undefined;
    const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
    return {
      type: error.name,
      message: cleanText(withoutStatement(error.message)),
      ...(code === undefined ? {} : { code }),
      ...(isPlatformError(error) ? { status: error.status } : {}),
      stack: frames
        .slice(0, 20)
        .map((line) => line.trim())
        .join('\n'),
      ...(error.cause === undefined || depth >= depthLimit ? {} : { cause: cleanValue(error.cause, depth + 1) }),
    };
  }

  function cleanValue(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return cleanText(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Error) return cleanError(value, depth);
    if (ArrayBuffer.isView(value)) return `[${String(value.byteLength)} bytes]`;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (depth >= depthLimit) return '[deeper]';
    if (Array.isArray(value)) return value.slice(0, entryLimit).map((entry) => cleanValue(entry, depth + 1));
    return cleanFields(value, depth + 1);
  }

  function cleanFields(fields: object, depth: number): LogFields {
    const clean: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(fields).slice(0, entryLimit)) {
      clean[key] = secrets.has(inSnakeCase(key)) && value !== undefined ? '[redacted]' : cleanValue(value, depth);
    }
    return clean;
  }

  return (fields) => cleanFields(fields, 0);
}
