/** What Prometheus may know: counts and durations, by labels of which there are few. */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { Middleware } from '../http/front-door.ts';
import { routeName } from '../http/route-name.ts';

export interface Metrics {
  /** Counts and times every request after it. */
  readonly requests: Middleware;
  loginEnded(outcome: 'completed' | 'denied' | 'failed' | 'expired', reason: string): void;
  /** @param seconds from the person's request to the answer with the next step */
  loginStepTook(step: string, seconds: number): void;
  passwordVerified(result: 'match' | 'mismatch' | 'throttled' | 'no_password'): void;
  tokenIssued(grantType: string): void;
  /** The text exposition format, and its media type. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const valuesPerLabel = 64;

/** Keeps a label to its first values: a reason or a step that somebody else names cannot grow the number of series for ever. */
function bounded(): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (!seen.has(value) && seen.size >= valuesPerLabel) return 'other';
    seen.add(value);
    return value;
  };
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** @param options.processMetrics also memory, event loop and garbage collection of this process */
export function createMetrics(options: { readonly processMetrics: boolean } = { processMetrics: true }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const requestsTotal = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the arrival of a request to the end of its answer.',
    labelNames: ['route', 'method'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const logins = new Counter({
    name: 'logins_total',
    help: 'Logins that ended.',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  const steps = new Histogram({
    name: 'login_step_seconds',
    help: 'From the request of a person to the answer with the next step.',
    labelNames: ['step'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const passwords = new Counter({
    name: 'password_verifications_total',
    help: 'Passwords that were tried.',
    labelNames: ['result'],
    registers,
  });
  const tokens = new Counter({
    name: 'tokens_issued_total',
    help: 'Access tokens issued.',
    labelNames: ['grant_type'],
    registers,
  });
  const [reasonLabel, stepLabel, grantLabel] = [bounded(), bounded(), bounded()];

  return {
    requests(req, res, next) {
      const start = performance.now();
      res.once('close', () => {
        const route = routeName(req);
        const method = req.method !== undefined && methods.has(req.method) ? req.method : 'other';
        requestsTotal.inc({ route, method, status: res.statusCode });
        requestSeconds.observe({ route, method }, (performance.now() - start) / 1000);
      });
      next();
    },
    loginEnded(outcome, reason) {
      logins.inc({ outcome, reason: reasonLabel(reason) });
    },
    loginStepTook(step, seconds) {
      steps.observe({ step: stepLabel(step) }, seconds);
    },
    passwordVerified(result) {
      passwords.inc({ result });
    },
    tokenIssued(grantType) {
      tokens.inc({ grant_type: grantLabel(grantType) });
    },
    async expose() {
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
