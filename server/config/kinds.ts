/** What a variable may hold: each kind turns text into a value, and its message completes "HTTP_PORT is …: ". */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { formatDuration, parseDuration } from '../kernel/duration.ts';
import { chosenIdPattern } from '../kernel/ids.ts';
import { reservedTenantIds } from '../tenants/tenant.ts';
import { isMailAddress } from '../messages/message.ts';
import { isLoopbackHost, originProblem, publicUrlProblem } from './public-url.ts';
import { parseRegions } from './regions.ts';

const list = (text: string): readonly string[] => text.split(/[\s,]+/).filter((entry) => entry !== '');

const isAddressBlock = (text: string): boolean => ipaddr.isValid(text) || ipaddr.isValidCIDR(text);

const hostNamePattern = /^(?=.{1,253}$)[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*$/i;

export const text = z.string().regex(/^[\x20-\x7e]{1,255}$/, 'it may hold 1 to 255 printable characters');

export const hostName = z
  .string()
  .refine(
    (value) => ipaddr.isValid(value) || hostNamePattern.test(value),
    'it may hold an address or a host name, such as 127.0.0.1 or 0.0.0.0',
  );

export const hostAndPort = z
  .string()
  .regex(/^(\[[0-9a-f:]+\]|[a-z0-9][a-z0-9._-]*):\d{1,5}$/i, 'it may hold host:port, such as temporal.internal:7233');

/** A whole number from `min` to `max`. */
export const count = (min: number, max: number, what = 'a whole number') =>
  z
    .string()
    .refine(
      (value) => /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max,
      `it may hold ${what} from ${String(min)} to ${String(max)}`,
    )
    .transform(Number);

export const port = count(1, 65_535, 'a port');

export const flag = z
  .string()
  .refine((value) => value === 'true' || value === 'false', 'it may hold true or false')
  .transform((value) => value === 'true');

export const chosenId = z
  .string()
  .regex(chosenIdPattern, 'it may hold 1 to 64 lower-case letters, digits, - and _, beginning with a letter or digit');

/** A tenant's id that a person may choose. */
export const tenant = chosenId.refine(
  (value) => !reservedTenantIds.has(value),
  `it may hold none of ${[...reservedTenantIds].join(', ')}: they are reserved`,
);

/** A duration within bounds, as milliseconds. */
export const duration = (minMs: number, maxMs: number) =>
  z
    .string()
    .refine(
      (value) => {
        const ms = parseDuration(value);
        return ms !== undefined && ms >= minMs && ms <= maxMs;
      },
      `it may hold a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, such as 10s`,
    )
    .transform((value) => parseDuration(value) ?? minMs);

export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `it may hold ${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}` });

export const addressBlocks = z
  .string()
  .refine(
    (value) => list(value).every(isAddressBlock),
    'it may hold addresses and CIDR blocks divided by commas, such as 10.0.0.0/8,::1',
  )
  .transform(list);

export const hostsAndBlocks = z
  .string()
  .refine(
    (value) => list(value).every((entry) => isAddressBlock(entry) || hostNamePattern.test(entry)),
    'it may hold host names, addresses and CIDR blocks divided by commas, such as hooks.internal,10.1.0.0/16',
  )
  .transform((value) => list(value).map((entry) => entry.toLowerCase()));

export const publicUrl = z
  .string()
  .superRefine((value, context) => {
    const problem = publicUrlProblem(value, false);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .transform((value) => value.replace(/\/$/, ''));

/** Each is compared with what a browser sends as Origin, so each has to be written as browsers write it. */
export const origins = z
  .string()
  .superRefine((value, context) => {
    const problem = list(value).map(originProblem).find(Boolean);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .transform(list);

export const databaseUrl = z
  .string()
  .refine(
    (value) => /^sqlite:.+/.test(value) || (/^mysql:\/\/[^/]+\/[^/]+/.test(value) && URL.canParse(value)),
    'it may hold sqlite:path/to/file or mysql://user:password@host:3306/database',
  );

export const key256 = z
  .string()
  .refine(
    (value) => /^[A-Za-z0-9+/]{43}=?$/.test(value),
    'it may hold the base64 of 32 random bytes, such as openssl rand -base64 32 prints',
  );

/** A secret that somebody chose; the floor keeps words out. */
export const secret = (min: number) =>
  z
    .string()
    .regex(new RegExp(`^[\\x20-\\x7e]{${String(min)},512}$`), `it may hold ${String(min)} to 512 printable characters`);

export const regions = z.string().transform((value, context) => {
  const parsed = parseRegions(value);
  if (parsed !== undefined) return parsed;
  context.addIssue('it may hold name=PUBLIC_URL, divided by commas, each name and each address once');
  return z.NEVER;
});

export const mailUrl = z.string().refine((value) => {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(value);
  const isPlain = (pathname === '' || pathname === '/') && search === '' && hash === '';
  return (protocol === 'smtp:' || protocol === 'smtps:') && hostname !== '' && isPlain;
}, 'it may hold smtps://user:password@host:465 or smtp://user:password@host:587');

/** Texts to phones are nobody else's to read on their way. */
export const smsUrl = z.string().refine((value) => {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password, hash } = new URL(value);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
  return isSafe && username === '' && password === '' && hash === '';
}, 'it may hold an https:// address, or an http:// address on this machine');

export const mailFrom = z.string().refine((value) => {
  const [, address = value] = /^[^<>\r\n"]{1,100} <([^<>]+)>$/.exec(value) ?? [];
  return isMailAddress(address);
}, 'it may hold an address such as no-reply@example.com, or a name before it: Example <no-reply@example.com>');
