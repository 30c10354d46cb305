/** Packages that classic scripts ask for most, each as small as what such scripts use of it. */
import { randomUuid } from './chance.ts';
import { makeAxios } from './shim-axios.ts';
import { makeCrypto } from './shim-crypto.ts';
import { makeJsonWebToken } from './shim-jsonwebtoken.ts';
import { makeRequestPromise } from './shim-request-promise.ts';
import { Buffer } from './buffer.ts';
import { fetchByHost, Headers, Response } from './fetch.ts';
import { URL, URLSearchParams } from './url.ts';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

export const shims: Readonly<Record<string, () => unknown>> = {
  axios: makeAxios,
  buffer: () => ({ Buffer }),
  crypto: makeCrypto,
  jsonwebtoken: makeJsonWebToken,
  'node-fetch': () =>
    Object.assign((url: unknown, init?: object) => fetchByHost(url, init), { default: fetchByHost, Headers, Response }),
  'request-promise-native': makeRequestPromise,
  url: () => ({ URL, URLSearchParams }),
  uuid: () => ({
    v4: randomUuid,
    validate: (text: unknown) => typeof text === 'string' && uuidPattern.test(text),
    NIL: '00000000-0000-0000-0000-000000000000',
  }),
};
