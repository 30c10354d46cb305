/** `require('request-promise-native')`, over the bridged fetch. */
import { fetchByHost } from './fetch.ts';
import { fromJson, toJson } from './host.ts';
import { URL, URLSearchParams } from './url.ts';

interface Options {
  readonly uri?: string;
  readonly url?: string;
  readonly method?: string;
  readonly qs?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly form?: object;
  readonly json?: unknown;
  readonly auth?: { readonly user?: string; readonly pass?: string; readonly bearer?: string };
  readonly simple?: boolean;
  readonly resolveWithFullResponse?: boolean;
  readonly timeout?: number;
}

function headersOf({ headers, json, auth }: Options): Record<string, string> {
  const own: Record<string, string> = json ? { accept: 'application/json' } : {};
  if (auth?.bearer !== undefined) own['authorization'] = `Bearer ${auth.bearer}`;
  else if (auth) {
    const pair = `${auth.user ?? ''}:${auth.pass ?? ''}`;
    own['authorization'] = `Basic ${(globalThis as unknown as { btoa: (text: string) => string }).btoa(pair)}`;
  }
  return { ...own, ...headers };
}

function contentOf({ form, json, body }: Options, headers: Record<string, string>): unknown {
  if (form) return new URLSearchParams(form);
  const content = json !== undefined && typeof json !== 'boolean' ? json : body;
  if (!json || content === undefined) return content;
  headers['content-type'] ??= 'application/json';
  return toJson(content);
}

function parsed(text: string): unknown {
  try {
    return fromJson(text);
  } catch {
    return text;
  }
}

async function run(options: Options): Promise<unknown> {
  const address = new URL(options.uri ?? options.url ?? '');
  for (const [name, value] of new URLSearchParams(options.qs ?? {})) address.searchParams.append(name, value);
  const headers = headersOf(options);
  const answered = await fetchByHost(address.href, {
    method: options.method ?? 'GET',
    body: contentOf(options, headers),
    headers,
    ...(options.timeout ? { timeoutMs: options.timeout } : {}),
  });
  const text = await answered.text();
  const body = options.json ? parsed(text) : text;
  const response = {
    statusCode: answered.status,
    statusMessage: answered.statusText,
    headers: Object.fromEntries(answered.headers),
    body,
  };
  if (options.simple !== false && !answered.ok)
    throw Object.assign(new Error(`${String(answered.status)} - ${text}`), {
      name: 'StatusCodeError',
      statusCode: answered.status,
      error: body,
      options,
      response,
    });
  return options.resolveWithFullResponse ? response : body;
}

export function makeRequestPromise(defaults: Options = {}): unknown {
  const call = (first: string | Options, second: Options = {}) =>
    run({ ...defaults, ...(typeof first === 'string' ? { ...second, uri: first } : first) });
  const as =
    (method: string) =>
    (first: string | Options, second: Options = {}) =>
      call({ ...(typeof first === 'string' ? { ...second, uri: first } : first), method });
  return Object.assign(call, {
    get: as('GET'),
    post: as('POST'),
    put: as('PUT'),
    patch: as('PATCH'),
    delete: as('DELETE'),
    head: as('HEAD'),
    defaults: (more: Options) => makeRequestPromise({ ...defaults, ...more }),
  });
}
