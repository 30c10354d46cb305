/** `require('jsonwebtoken')`: tokens are signed and verified by the host. */
import { askNow } from './bridge.ts';
import { decode, encode } from './bytes.ts';
import { fromJson } from './host.ts';

type Options = Readonly<Record<string, unknown>>;
type Callback = (error: unknown, value?: unknown) => void;

function keyOf(key: unknown): unknown {
  return key instanceof Uint8Array ? decode(key, 'utf8') : key;
}

/** With a callback it is called, as the package does; without one the value is returned, or the error thrown. */
function answered(callback: unknown, work: () => unknown): unknown {
  if (typeof callback !== 'function') return work();
  const call = callback as Callback;
  void Promise.resolve()
    .then(work)
    .then(
      (value) => {
        call(null, value);
      },
      (error: unknown) => {
        call(error);
      },
    );
  return undefined;
}

function sign(payload: unknown, key: unknown, options: unknown, callback?: unknown): unknown {
  if (typeof options === 'function') return sign(payload, key, {}, options);
  const { algorithm, expiresIn, notBefore, issuer, audience, subject, jwtid, keyid, header } = (options ??
    {}) as Options;
  return answered(callback, () =>
    askNow('jwt.sign', {
      payload,
      key: keyOf(key),
      alg: algorithm ?? 'HS256',
      expiresIn,
      notBefore,
      issuer,
      audience,
      subject,
      jwtid,
      header: { ...(header as object | undefined), ...(keyid === undefined ? {} : { kid: keyid }) },
    }),
  );
}

function verify(token: unknown, key: unknown, options: unknown, callback?: unknown): unknown {
  if (typeof options === 'function') return verify(token, key, {}, options);
  const { algorithms, issuer, audience, subject } = (options ?? {}) as Options;
  return answered(callback, () =>
    askNow('jwt.verify', { token, key: keyOf(key), algorithms, issuer, audience, subject }),
  );
}

function read(token: unknown, options: Options = {}): unknown {
  const [header = '', payload = '', signature] = String(token).split('.');
  try {
    const text = (part: string): unknown => fromJson(decode(encode(part, 'base64url'), 'utf8'));
    return options['complete'] === true ? { header: text(header), payload: text(payload), signature } : text(payload);
  } catch {
    return null;
  }
}

export function makeJsonWebToken(): unknown {
  return { sign, verify, decode: read };
}
