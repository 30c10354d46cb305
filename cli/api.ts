/** Calls of the management APIs: a token for each, pages read to their end, refusals told as the server tells them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch, type RequestInit, type Response } from 'undici';
import { z } from 'zod';
import { exits, failure } from './failure.ts';
import { plain } from './output.ts';
import type { Profile } from './profiles.ts';

/** Where a client is from, and so what its token opens. */
export interface Issuer {
  readonly tenant: string;
  readonly workspace: 'system' | 'admin';
  /** The first that the client is given decides; in `admin` its roles do. */
  readonly scopes?: readonly string[];
}

export interface CallOptions {
  readonly body?: unknown;
  /** Sent as it comes; its type is JSON. */
  readonly stream?: AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Api {
  /** @throws Error with an exit code, see failure.ts */
  call(issuer: Issuer, method: string, path: string, options?: CallOptions): Promise<Response>;
  /** Whether the client of this place is given a token. @throws Error with an exit code */
  check(issuer: Issuer): Promise<void>;
  json<Schema extends z.ZodType>(schema: Schema, ...call: Parameters<Api['call']>): Promise<z.output<Schema>>;
}

const fault = z.looseObject({ pointer: z.string(), message: z.string() });
/** Clients that would lose something. */
const losses = z.object({
  details: z.object({
    total: z.number(),
    clients: z.array(z.object({ client_id: z.string(), client_name: z.string(), conflicts: z.array(fault) })),
  }),
});
const problem = z.object({
  error: z.string().optional(),
  error_description: z.string().optional(),
  details: z.array(fault).optional().catch(undefined),
  trace_id: z.string().optional(),
});
const token = z.object({ access_token: z.string() });

const mostRetries = 3;
/** Seconds that a server may have us wait. */
const longestWait = 60;

/** Secrets go out by TLS, or stay on this machine. @throws Error of wrong usage */
export function checkedUrl(text: string): string {
  if (!URL.canParse(text)) throw failure(exits.usage, `${plain(text)} is no address.`);
  const { protocol, hostname, href } = new URL(text);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname) || hostname.endsWith('.localhost');
  if (protocol !== 'https:' && !(protocol === 'http:' && isLocal))
    throw failure(exits.usage, 'The address must begin with https://, unless it is of this machine.');
  return href.replace(/\/+$/, '');
}

/** A large import is checked and written before its answer begins: whoever waits for too long interrupts. */
const patient = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

export function createApi({ url, clients }: Profile, signal: AbortSignal): Api {
  const tokens = new Map<string, Promise<string>>();

  const send = async (path: string, init: RequestInit): Promise<Response> => {
    for (let attempt = 0; ; attempt += 1) {
      let response: Response;
      try {
        response = await fetch(`${url}${path}`, { ...init, signal, redirect: 'error', dispatcher: patient });
      } catch (cause) {
        if (signal.aborted) throw failure(exits.refused, 'Interrupted.');
        throw failure(exits.unreachable, `${url} cannot be reached: ${reasonOf(cause)}.`);
      }
      const wait = Number(response.headers.get('retry-after') ?? 1);
      // A stream that was sent cannot be sent again.
      const isAgain = response.status === 429 && attempt < mostRetries && wait <= longestWait;
      if (!isAgain || init.duplex !== undefined) return response;
      await response.body?.cancel();
      await sleep(wait * 1000, undefined, { signal });
    }
  };

  const newToken = async ({ tenant, workspace, scopes = [] }: Issuer): Promise<string> => {
    const name = `${tenant}/${workspace}`;
    const client = clients[name];
    if (client === undefined) {
      const command = `gatehouse login --url ${url} --tenant ${tenant} --workspace ${workspace}`;
      throw failure(exits.unreachable, `This needs a client of ${name}: ${command}`);
    }
    const [scope, ...rest] = scopes;
    const response = await send(`/${name}/oauth2/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`)}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }),
    });
    if (!response.ok && rest.length > 0) {
      await response.body?.cancel();
      return newToken({ tenant, workspace, scopes: rest });
    }
    if (!response.ok) throw failure(exits.unreachable, `${name} gives this client no token: ${await told(response)}`);
    return token.parse(await response.json()).access_token;
  };

  const api: Api = {
    async call(issuer, method, path, { body, stream, headers } = {}) {
      const name = JSON.stringify(issuer);
      const known = tokens.get(name) ?? newToken(issuer);
      tokens.set(name, known);
      const sent = body === undefined ? stream : JSON.stringify(body);
      const response = await send(path, {
        method,
        headers: {
          authorization: `Bearer ${await known}`,
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
        ...(stream === undefined ? {} : { duplex: 'half' as const }),
      });
      if (response.ok) return response;
      throw failure(exits.refused, await told(response));
    },
    async check(issuer) {
      await newToken(issuer);
    },
    async json(schema, ...call) {
      const answer = schema.safeParse(await (await api.call(...call)).json().catch(() => undefined));
      if (answer.success) return answer.data;
      throw failure(exits.refused, `${url} answered something else than was asked: is it a Gatehouse of this version?`);
    },
  };
  return api;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? plain('code' in cause ? String(cause.code) : cause.message) : 'no answer';
}

/** As the server says it, with where it stands in what was sent, and how its log is found. */
async function told(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const read = problem.safeParse(body);
  const { error, error_description: description, details = [], trace_id: trace } = read.data ?? {};
  const lines = [
    `${description ?? error ?? response.statusText} (${String(response.status)})`,
    ...details.map(({ pointer, message }) => `  ${pointer}: ${message}`),
    ...lossesIn(body),
    ...(trace === undefined ? [] : [`  trace ${trace}`]),
  ];
  return plain(lines.join('\n'), true);
}

function lossesIn(body: unknown): readonly string[] {
  const { details } = losses.safeParse(body).data ?? { details: { total: 0, clients: [] } };
  const more = details.total - details.clients.length;
  return [
    ...details.clients.flatMap(({ client_id: id, client_name: name, conflicts }) =>
      conflicts.map(({ pointer, message }) => `  ${name === '' ? id : `${name} (${id})`} ${pointer}: ${message}`),
    ),
    ...(more > 0 ? [`  and ${String(more)} more`] : []),
  ];
}
