/** Token buckets in memory: how often one sender may ask, per process. */
import type { Request, RequestHandler } from 'express';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';

export interface RateLimit {
  /** Requests at once, from rest. */
  readonly burst: number;
  /** Requests a minute, for ever. */
  readonly perMinute: number;
}

export interface RateLimiter {
  /** Takes one request from the bucket of `key`. @returns seconds to wait, 0 when it may pass */
  take(key: string): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** @param maxKeys senders remembered at once; beyond, the one that asked longest ago is forgotten */
export function createRateLimiter(limit: RateLimit, clock: Clock, maxKeys = 50_000): RateLimiter {
  const buckets = new LRUCache<string, Bucket>({ max: maxKeys });
  const perMs = limit.perMinute / 60_000;
  return {
    take(key) {
      const now = clock.now();
      const bucket = buckets.get(key) ?? { tokens: limit.burst, at: now };
      // A clock set back must not empty the bucket.
      const tokens = Math.min(limit.burst, bucket.tokens + Math.max(0, now - bucket.at) * perMs);
      const allowed = tokens >= 1;
      buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at: now });
      return allowed ? 0 : Math.max(1, Math.ceil((1 - tokens) / perMs / 1000));
    },
  };
}

/** @throws PlatformError `too_many_requests` with Retry-After (RFC 6585 §4) once the sender's bucket is empty */
export function limitTo(limiter: RateLimiter, key: string): void {
  const retryAfterSeconds = limiter.take(key);
  if (retryAfterSeconds === 0) return;
  throw new PlatformError('too_many_requests', 'Too many requests. Wait before you try again.', { retryAfterSeconds });
}

/** The same before a route. */
export function rateLimit(limiter: RateLimiter, keyOf: (req: Request) => string): RequestHandler {
  return (req, _res, next) => {
    limitTo(limiter, keyOf(req));
    next();
  };
}
