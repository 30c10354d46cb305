/** `require('axios')`, over the bridged fetch. */
import { fetchByHost } from './fetch.ts';
import { fromJson, toJson } from './host.ts';
import { URL, URLSearchParams } from './url.ts';

interface Config {
  readonly url?: string;
  readonly baseURL?: string;
  readonly method?: string;
  readonly params?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: unknown;
  readonly timeout?: number;
  readonly auth?: { readonly username: string; readonly password: string };
  readonly responseType?: string;
  readonly validateStatus?: ((status: number) => boolean) | null;
}

function addressOf({ url = '', baseURL, params }: Config): string {
  const joined =
    baseURL !== undefined && !/^[a-z]+:/i.test(url) ? `${baseURL.replace(/\/$/, '')}/${url.replace(/^\//, '')}` : url;
  if (params === undefined) return joined;
  const address = new URL(joined);
  for (const [name, value] of new URLSearchParams(params)) address.searchParams.append(name, value);
  return address.href;
}

function bodyOf(data: unknown, headers: Record<string, string>): unknown {
  if (
    data === undefined ||
    data === null ||
    typeof data === 'string' ||
    data instanceof URLSearchParams ||
    ArrayBuffer.isView(data)
  )
    return data ?? undefined;
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'content-type'))
    headers['content-type'] = 'application/json';
  return toJson(data);
}

function dataOf(text: string, responseType: string | undefined): unknown {
  if (responseType === 'text') return text;
  try {
    return fromJson(text);
  } catch {
    return text;
  }
}

async function request(config: Config): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json, text/plain, */*', ...config.headers };
  if (config.auth) {
    const pair = `${config.auth.username}:${config.auth.password}`;
    headers['authorization'] = `Basic ${(globalThis as unknown as { btoa: (text: string) => string }).btoa(pair)}`;
  }
  const answered = await fetchByHost(addressOf(config), {
    method: config.method ?? 'get',
    body: bodyOf(config.data, headers),
    headers,
    ...(config.timeout ? { timeoutMs: config.timeout } : {}),
  });
  const response = {
    status: answered.status,
    statusText: answered.statusText,
    headers: Object.fromEntries(answered.headers),
    data: dataOf(await answered.text(), config.responseType),
    config,
  };
  const isGood =
    config.validateStatus === undefined ? (status: number) => status >= 200 && status < 300 : config.validateStatus;
  if (isGood !== null && !isGood(answered.status))
    throw Object.assign(new Error(`Request failed with status code ${String(answered.status)}`), {
      isAxiosError: true,
      code: answered.status >= 500 ? 'ERR_BAD_RESPONSE' : 'ERR_BAD_REQUEST',
      response,
      config,
    });
  return response;
}

export function makeAxios(defaults: Config = {}): unknown {
  const call = (first: string | Config, second: Config = {}) => {
    const own = typeof first === 'string' ? { ...second, url: first } : first;
    return request({ ...defaults, ...own, headers: { ...defaults.headers, ...own.headers } });
  };
  const bare =
    (method: string) =>
    (url: string, config: Config = {}) =>
      call({ ...config, url, method });
  const full =
    (method: string) =>
    (url: string, data?: unknown, config: Config = {}) =>
      call({ ...config, url, method, data });
  const methods = {
    get: bare('get'),
    delete: bare('delete'),
    head: bare('head'),
    post: full('post'),
    put: full('put'),
    patch: full('patch'),
  };
  const isAxiosError = (error: unknown): boolean => (error as { isAxiosError?: unknown } | null)?.isAxiosError === true;
  const axios = Object.assign(call, methods, { request: call, create: makeAxios, isAxiosError, defaults });
  return Object.assign(axios, { default: axios });
}
