/** Parsing at the edge: what a route reads from a request is validated once, and typed from then on. */
import type { Request } from 'express';
import type { z } from 'zod';
import { PlatformError } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';

/** One thing that is wrong. The pointer (RFC 6901) is relative to the part of the request. */
export interface Violation {
  readonly in: 'path' | 'query' | 'header' | 'body';
  readonly pointer: string;
  readonly message: string;
}

const shownViolations = 20;
const unknownMember = 'is not known here';

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: Violation['in'],
  code: ErrorCode,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues
    .flatMap((issue): readonly Violation[] =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ in: part, pointer: pointerOf([...issue.path, key]), message: unknownMember }))
        : [{ in: part, pointer: pointerOf(issue.path), message: issue.message }],
    )
    .slice(0, shownViolations);
  const [first] = violations;
  const where = first?.pointer === '' ? part : `${part} ${first?.pointer ?? ''}`;
  throw new PlatformError(code, `${where}: ${first?.message ?? 'not valid'}`, { details: violations });
}

/** @throws PlatformError `bad_request` */
export function readParams<Schema extends z.ZodType>(schema: Schema, req: Request): z.output<Schema> {
  return parse(schema, req.params, 'path', 'bad_request');
}

/** @throws PlatformError `bad_request` */
export function readQuery<Schema extends z.ZodType>(schema: Schema, req: Request): z.output<Schema> {
  return parse(schema, req.query, 'query', 'bad_request');
}

/** @throws PlatformError `bad_request` */
export function readHeaders<Schema extends z.ZodType>(schema: Schema, req: Request): z.output<Schema> {
  return parse(schema, req.headers, 'header', 'bad_request');
}

/** @throws PlatformError `bad_request` without a body of the type the route reads, `unprocessable_entity` when it is not valid */
export function readBody<Schema extends z.ZodType>(schema: Schema, req: Request): z.output<Schema> {
  const body: unknown = req.body;
  if (body === undefined) {
    throw new PlatformError(
      'bad_request',
      'The request needs a body. Send it with the Content-Type that this route reads.',
    );
  }
  return parse(schema, body, 'body', 'unprocessable_entity');
}
