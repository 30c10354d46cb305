/** Bodies of requests, bounded while they are read. Mounted where a body is wanted, never for all routes. */
import express from 'express';
import type { RequestHandler } from 'express';

export const defaultBodyLimit = 64 * 1024;

/**
 * `application/json` and `application/*+json`.
 * @param limit bytes, after decompression
 * @param isAnyType reads JSON whatever type is named, where one is
 */
export function jsonBody(limit = defaultBodyLimit, isAnyType = false): RequestHandler {
  return express.json({ limit, type: isAnyType ? () => true : ['application/json', 'application/*+json'] });
}

/** `application/x-www-form-urlencoded`, flat: a name given twice is a list, brackets mean nothing. */
export function formBody(limit = defaultBodyLimit): RequestHandler {
  return express.urlencoded({ limit, extended: false, parameterLimit: 200 });
}
