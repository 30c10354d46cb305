/** JSON Web Tokens for scripts (RFC 7519), signed and verified by jose with a key that the script brings. */
import { importJWK, importPKCS8, importSPKI, jwtVerify, SignJWT } from 'jose';
import type { CryptoKey } from 'jose';
import { z } from 'zod';
import type { JsonObject } from '../json.ts';

const hmacs = ['HS256', 'HS384', 'HS512'] as const;
const algorithms = [...hmacs, 'RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;

/** 4096 bits of RSA as PEM, and some: what costs more to compute with is refused unread. */
const keySchema = z.union([z.string().min(1).max(4096), z.record(z.string().max(32), z.string().max(1024))]);
const span = z.union([z.int(), z.string().max(32)]).optional();
const names = z.union([z.string().max(256), z.array(z.string().max(256)).max(20)]).optional();
const name = z.string().max(256).optional();

const signSchema = z.strictObject({
  payload: z.record(z.string().max(256), z.unknown()),
  key: keySchema,
  alg: z.enum(algorithms),
  expiresIn: span,
  notBefore: span,
  issuer: name,
  audience: names,
  subject: name,
  jwtid: name,
  header: z.record(z.string().max(64), z.string().max(256)).optional(),
});

const verifySchema = z.strictObject({
  token: z.string().max(16_384),
  key: keySchema,
  algorithms: z.array(z.enum(algorithms)).min(1).max(algorithms.length).optional(),
  issuer: names,
  audience: names,
  subject: name,
});

type Algorithm = (typeof algorithms)[number];

/** A public key never becomes the secret of an HMAC (RFC 8725 §3.1): which it is depends on the key alone. */
async function keyOf(key: z.infer<typeof keySchema>, alg: Algorithm): Promise<CryptoKey | Uint8Array> {
  const isHmac = hmacs.some((one) => one === alg);
  if (typeof key !== 'string') return importJWK({ ...key, alg }, alg);
  const isPem = key.trimStart().startsWith('-----BEGIN');
  if (isPem === isHmac) throw new Error(isPem ? 'a PEM key is no secret' : 'the algorithm wants a key as PEM or JWK');
  if (!isPem) return Buffer.from(key);
  return key.includes('PRIVATE KEY') ? importPKCS8(key, alg) : importSPKI(key, alg);
}

/** @param now milliseconds, the script's clock @returns the token @throws Error whose message is for the script */
export async function signJwt(request: unknown, now: number): Promise<string> {
  const read = signSchema.safeParse(request);
  if (!read.success) throw new Error(`jwt: cannot be signed: ${firstFault(read.error)}`);
  const { payload, key, alg, header, expiresIn, notBefore, issuer, audience, subject, jwtid } = read.data;
  const seconds = Math.floor(now / 1000);

  const token = new SignJWT(payload).setProtectedHeader({ ...header, alg, typ: 'JWT' });
  if (payload['iat'] === undefined) token.setIssuedAt(seconds);
  if (expiresIn !== undefined) token.setExpirationTime(momentOf(seconds, expiresIn));
  if (notBefore !== undefined) token.setNotBefore(momentOf(seconds, notBefore));
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  if (subject !== undefined) token.setSubject(subject);
  if (jwtid !== undefined) token.setJti(jwtid);
  return token.sign(await keyOf(key, alg));
}

/** @returns the payload @throws Error whose message is for the script */
export async function verifyJwt(request: unknown, now: number): Promise<JsonObject> {
  const read = verifySchema.safeParse(request);
  if (!read.success) throw new Error(`jwt: cannot be verified: ${firstFault(read.error)}`);
  const { token, key, algorithms: accepted = ['HS256'], issuer, audience, subject } = read.data;
  const alg = accepted.find((one) => one === algorithmOf(token));
  if (alg === undefined) throw new Error(`jwt: the algorithm is not one of ${accepted.join(', ')}`);
  const { payload } = await jwtVerify(token, await keyOf(key, alg), {
    algorithms: [alg],
    currentDate: new Date(now),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    ...(subject === undefined ? {} : { subject }),
  });
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- it was JSON a moment ago
  return payload as JsonObject;
}

function algorithmOf(token: string): unknown {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    return typeof header === 'object' && header !== null && 'alg' in header ? header.alg : undefined;
  } catch {
    return undefined;
  }
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds as a number, as jsonwebtoken has it, or `10m`, `2h`, `7d`. */
function momentOf(seconds: number, after: number | string): number {
  if (typeof after === 'number') return seconds + after;
  const [, count, unit = 's'] = /^(\d{1,9})\s*([smhd])?$/.exec(after) ?? [];
  if (count === undefined) throw new Error(`jwt: "${after}" is no time; say 60, "10m", "2h" or "7d"`);
  return seconds + Number(count) * (units[unit] ?? 1);
}

function firstFault({ issues: [first] }: z.ZodError): string {
  return first ? `${first.path.map(String).join('.')}: ${first.message}` : 'the request is wrong';
}
