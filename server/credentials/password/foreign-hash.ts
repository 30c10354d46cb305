/**
 * Hashes that other systems made: which of them verify here, at what cost at most, and whether a password is theirs.
 *
 * bcrypt `$2a$12$…` `$2b$…` `$2y$…`; `$pbkdf2-sha256$i=600000,l=32$salt$hash` (also passlib's `$pbkdf2-sha256$29000$…`),
 * with sha1, sha256 or sha512; `$scrypt$ln=16,r=8,p=1$salt$hash`; `$argon2id$v=19$m=…,t=…,p=…$salt$hash` and argon2i;
 * `$sha256$salt$hash`, with sha1, sha256 or sha512: the digest of the password and then the salt, as LDAP's SSHA has it,
 * or with `$sha256$o=sp$salt$hash` of the salt and then the password. Salts and hashes are base64 without padding.
 */
import { createHash, pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { verify as argon2Verify } from '@node-rs/argon2';
import { verify as bcryptVerify } from '@node-rs/bcrypt';

/** Whether a password is the one that a hash was made from. Never on the event loop, but for what takes microseconds. */
export type Matches = (password: string) => Promise<boolean>;

const derivePbkdf2 = promisify(pbkdf2);
const deriveScrypt = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** The longest that is stored. */
const longestHash = 255;
const mebibyte = 1024 * 1024;
/** About a second of one core each: what somebody plants in an import costs no more than that at a login. */
const most = {
  bcryptCost: 14,
  iterations: 2_000_000,
  scryptMemory: 128 * mebibyte,
  /** Of all lanes together, one after the other. */
  scryptWork: 256 * mebibyte,
  argon2KiB: 262_144,
  argon2Passes: 10,
} as const;
/** Shorter ones are guessed, and longer ones say no more. Bytes. */
const digestBytes = { least: 16, most: 64 };
const saltBytes = { least: 4, most: 64 };

const text = '([A-Za-z0-9+/.]+)';
const forms: readonly (readonly [RegExp, (found: readonly string[], hash: string) => Matches | undefined])[] = [
  [/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/, readBcrypt],
  [
    new RegExp(`^\\$pbkdf2(?:-(sha1|sha256|sha512))?\\$(?:i=)?(\\d{1,7})(?:,l=(\\d{1,2}))?\\$${text}\\$${text}$`),
    readPbkdf2,
  ],
  [new RegExp(`^\\$scrypt\\$ln=(\\d{1,2}),r=(\\d{1,2}),p=(\\d{1,2})\\$${text}\\$${text}$`), readScrypt],
  [new RegExp(`^\\$argon2id?\\$v=19\\$m=(\\d{1,6}),t=(\\d{1,2}),p=([1-4])\\$${text}\\$${text}$`), readArgon2],
  [new RegExp(`^\\$(sha1|sha256|sha512)\\$(?:o=(ps|sp)\\$)?${text}\\$${text}$`), readSha],
];

/** @returns undefined for what cannot be verified here, or only at an unbearable cost */
export function parseForeignHash(hash: string): Matches | undefined {
  if (hash.length > longestHash) return undefined;
  for (const [form, read] of forms) {
    const found = form.exec(hash);
    if (found !== null) return read(found, hash);
  }
  return undefined;
}

function readBcrypt([, cost]: readonly string[], hash: string): Matches | undefined {
  if (!isWithin(Number(cost), 4, most.bcryptCost)) return undefined;
  return (password) => bcryptVerify(password, hash);
}

function readPbkdf2([, digest = 'sha1', rounds, length, salt = '', key = '']: readonly string[]): Matches | undefined {
  const parts = readParts(salt, key);
  if (parts === undefined || !isWithin(Number(rounds), 1, most.iterations)) return undefined;
  const { expected } = parts;
  if (length !== undefined && Number(length) !== expected.length) return undefined;
  return async (password) =>
    timingSafeEqual(await derivePbkdf2(password, parts.salt, Number(rounds), expected.length, digest), expected);
}

function readScrypt([, ln, r, p, salt = '', key = '']: readonly string[]): Matches | undefined {
  const parts = readParts(salt, key);
  const [N, blockSize, lanes] = [2 ** Number(ln), Number(r), Number(p)];
  const memory = 128 * N * blockSize;
  if (parts === undefined || !isWithin(memory, 1, most.scryptMemory) || !isWithin(Number(ln), 1, 20)) return undefined;
  if (!isWithin(memory * lanes, 1, most.scryptWork)) return undefined;
  const { expected } = parts;
  // Node counts a little more than the memory of the algorithm itself.
  const options = { N, r: blockSize, p: lanes, maxmem: 2 * most.scryptWork };
  return async (password) =>
    timingSafeEqual(await deriveScrypt(password, parts.salt, expected.length, options), expected);
}

function readArgon2([, memory, passes, , salt = '', key = '']: readonly string[], hash: string): Matches | undefined {
  if (readParts(salt, key) === undefined) return undefined;
  if (!isWithin(Number(memory), 8, most.argon2KiB) || !isWithin(Number(passes), 1, most.argon2Passes)) return undefined;
  return (password) => argon2Verify(hash, password);
}

function readSha([, digest = '', order = 'ps', salt = '', key = '']: readonly string[]): Matches | undefined {
  const parts = readParts(salt, key);
  const { expected } = parts ?? {};
  if (parts === undefined || expected?.length !== createHash(digest).digest().length) return undefined;
  return (password) => {
    const pieces = order === 'ps' ? [Buffer.from(password), parts.salt] : [parts.salt, Buffer.from(password)];
    return Promise.resolve(timingSafeEqual(createHash(digest).update(Buffer.concat(pieces)).digest(), expected));
  };
}

/** passlib writes `.` for `+`. */
function readParts(salt: string, key: string): { readonly salt: Buffer; readonly expected: Buffer } | undefined {
  const [saltRead, expected] = [salt, key].map((one) => Buffer.from(one.replaceAll('.', '+'), 'base64'));
  if (saltRead === undefined || expected === undefined) return undefined;
  if (!isWithin(saltRead.length, saltBytes.least, saltBytes.most)) return undefined;
  return isWithin(expected.length, digestBytes.least, digestBytes.most) ? { salt: saltRead, expected } : undefined;
}

function isWithin(value: number, least: number, greatest: number): boolean {
  return value >= least && value <= greatest;
}
