/** Entity tags of JSON bodies, and the precondition that holds a change to what its caller has read: RFC 9110 §8.8.3, §13.1.1. */
import { hash } from 'node:crypto';
import { PlatformError } from '../kernel/errors.ts';

/** A strong tag: equal bodies have equal tags, whichever process answers. */
export function etagOf(json: string): string {
  return `"${hash('sha256', json, 'base64url').slice(0, 27)}"`;
}

const longestHeader = 2048;

/** @returns whether a body with this tag is one of those the header names; weak tags are none (strong comparison) */
export function matches(ifMatch: string, etag: string): boolean {
  if (ifMatch.trim() === '*') return true;
  return ifMatch.length <= longestHeader && ifMatch.split(',').some((tag) => tag.trim() === etag);
}

/** @throws PlatformError `precondition_failed` when the caller has read something else than what is stored */
export function requireMatch(ifMatch: string | undefined, stored: unknown): void {
  if (ifMatch === undefined || matches(ifMatch, etagOf(JSON.stringify(stored)))) return;
  throw new PlatformError('precondition_failed', 'It was changed since you read it: read it again.');
}
