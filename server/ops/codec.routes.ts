/** `POST /ops/codec/decode`: Temporal's remote codec, for operators, decoding only. */
import { Router } from 'express';
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { mayRead, operatorOf } from '../access/operator.ts';
import type { Operator, OperatorCandidate } from '../access/operator.ts';
import { bearerToken, refuse } from '../http/bearer.ts';
import { jsonBody } from '../http/bodies.ts';
import { clientAddress } from '../http/client-address.ts';
import { traceId } from '../http/trace.ts';
import { readBody } from '../http/validate.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { NewEvent } from '../kernel/events.ts';
import { tenantId } from '../kernel/ids.ts';
import { codecCors } from './codec-cors.ts';
import type { OperatorSessions } from './operator-session.ts';

/** A payload as the protocol writes it: proto3 JSON, bytes in base64. */
export interface WirePayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

export interface CodecRoutesDeps {
  readonly uiOrigins: readonly string[];
  readonly sessions: Pick<OperatorSessions, 'find'>;
  readonly verifyToken: (token: string, req: Request) => Promise<OperatorCandidate | undefined>;
  /** Answers in the order it is asked; what the operator may not read comes back as it went in. */
  readonly decode: (
    payloads: readonly WirePayload[],
    allowedTenant: (tenantId: string) => boolean,
  ) => Promise<readonly WirePayload[]>;
  /** Writes audit events, all or none. */
  readonly append: (events: readonly NewEvent[]) => Promise<void>;
}

const requestSchema = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), z.base64()).optional(), data: z.base64().optional() }))
    .max(2_000)
    .default([]),
});

/** The UI sends the payloads of a whole page of history at once, each of which may have 2 MB. */
const bodyLimit = 8 * 1024 * 1024;

/** Needs `pinHost` and `readClientAddress` before it. */
export function codecRoutes({ uiOrigins, sessions, verifyToken, decode, append }: CodecRoutesDeps): Router {
  const operators = new WeakMap<Request, Operator>();

  /** Before the body: strangers do not get to send 8 MB. */
  const operatorOnly: RequestHandler = async (req, res, next) => {
    const token = bearerToken(req);
    const candidate = token === undefined ? undefined : await verifyToken(token, req);
    if (token !== undefined && !candidate) throw refuse(res, 'invalid_token');
    // A cookie counts for pages of the UI only, and a browser says which page it is.
    const session = req.headers.origin === undefined ? undefined : sessions.find(req);
    const operator = token === undefined ? session : operatorOf(candidate);
    if (!operator && candidate) throw refuse(res, 'insufficient_scope', 'read_login_history');
    if (!operator) throw refuse(res);
    operators.set(req, operator);
    next();
  };

  const answer: RequestHandler = async (req, res) => {
    const operator = operators.get(req);
    if (!operator) throw refuse(res);
    const { payloads } = readBody(requestSchema, req);
    const read = new Set<string>();
    const refused = new Set<string>();
    const decoded = await decode(payloads.map(withoutUndefined), (tenant) => {
      const may = mayRead(operator, tenant);
      (may ? read : refused).add(tenant);
      return may;
    });
    // Written before the answer goes out: nobody reads what the audit trail does not know of.
    await append(eventsOf(req, operator, { payloads: payloads.length, read, refused }));
    res.json({ payloads: decoded });
  };

  const router = Router();
  const cors = codecCors(uiOrigins);
  router.options('/ops/codec/decode', cors);
  router.post('/ops/codec/decode', cors, operatorOnly, jsonBody(bodyLimit), answer);
  router.all('/ops/codec/decode', (_req, res) => {
    res.setHeader('Allow', 'POST, OPTIONS');
    throw new PlatformError('method_not_allowed', 'Payloads are decoded by POST.');
  });
  return router;
}

function withoutUndefined({
  metadata,
  data,
}: {
  metadata?: Record<string, string> | undefined;
  data?: string | undefined;
}) {
  return { ...(metadata === undefined ? {} : { metadata }), ...(data === undefined ? {} : { data }) };
}

interface Reading {
  readonly payloads: number;
  readonly read: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
}

/** Each tenant learns who read its logins; the operator's own tenant learns of refusals, and of what had no key. */
function eventsOf(req: Request, operator: Operator, { payloads, read, refused }: Reading): readonly NewEvent[] {
  const trace = traceId();
  const agent = req.headers['user-agent']?.slice(0, 256);
  const metadata = {
    client_id: operator.name,
    ip: clientAddress(req).address,
    ...(agent === undefined ? {} : { user_agent: agent }),
    ...(trace === undefined ? {} : { trace_id: trace }),
  };
  const event = (
    tenant: string,
    action: 'read' | 'read_refused',
    payload: Readonly<Record<string, unknown>>,
  ): NewEvent => ({
    tenantId: tenantId(tenant),
    subject: 'login_history',
    action,
    metadata,
    payload: { [`login_history_${action}`]: payload },
  });
  const by = { operator: operator.name, operator_tenant_id: operator.tenantId, payloads };
  const readers = read.size === 0 && refused.size === 0 ? [operator.tenantId] : [...read];
  return [
    ...readers.map((tenant) => event(tenant, 'read', by)),
    ...(refused.size === 0 ? [] : [event(operator.tenantId, 'read_refused', { ...by, tenants: [...refused] })]),
  ];
}
