/** What an endpoint may refuse its callers with: it follows from what is declared of it, and is said where it does not. */
import type { Endpoint, Refusal } from './endpoint.ts';

/** What each means, in the order of statuses. */
export const refusals: readonly (readonly [Refusal, string])[] = [
  ['bad_request', 'A parameter or header is not valid, or the body is no JSON.'],
  ['unauthorized', 'There is no access token, or none that is good here; or what is shown in its place is not.'],
  ['forbidden', 'The scopes of the token, or the roles of its holder, do not allow this.'],
  ['not_found', 'There is no such thing.'],
  ['conflict', 'There is such a thing already, or something else stands in the way.'],
  ['precondition_failed', 'It was changed since the caller read it.'],
  ['payload_too_large', 'The body is too large.'],
  ['unprocessable_entity', 'What was sent is not valid, or clients would lose something: the details say where.'],
  ['too_many_requests', 'The caller asks too often.'],
];

/** Those that `endpoint` may answer with, in the order of statuses. */
export function refusalsOf(endpoint: Endpoint): readonly Refusal[] {
  const { query, body, access, refuses = [] } = endpoint;
  const isPublic = access.kind === 'public';
  const takesBody = body !== undefined;
  const may: Readonly<Record<Refusal, boolean>> = {
    // A path or a header can be malformed wherever there is one: each call names something, or shows a token.
    bad_request: true,
    unauthorized: !isPublic,
    forbidden: !isPublic,
    not_found: namesThing(endpoint),
    conflict: makesThing(endpoint),
    precondition_failed: isHeld(endpoint),
    payload_too_large: takesBody,
    unprocessable_entity: takesBody || query?.shape['force'] !== undefined,
    too_many_requests: true,
  };
  return refusals.map(([code]) => code).filter((code) => may[code] || refuses.includes(code));
}

/**
 * Whether the caller may hold the change to what they have read, by `if-match` (RFC 9110 §13.1.1): nobody has read what
 * is yet to be made, nor what is changed without a token.
 */
export function isHeld(endpoint: Endpoint): boolean {
  const { method, access, isAction } = endpoint;
  return method !== 'get' && access.kind !== 'public' && isAction !== true && !makesThing(endpoint);
}

function makesThing({ method, success, isAction }: Endpoint): boolean {
  return method === 'post' && success.status === 201 && isAction !== true;
}

export const parametersOf = (path: string): readonly string[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);

/**
 * Whether the call names a thing beyond where its token is from: a tenant or workspace that is not there issues none. Who
 * shows no token is not told what is there.
 */
function namesThing({ path, access }: Endpoint): boolean {
  switch (access.kind) {
    case 'public':
      return false;
    case 'person':
      return namesMoreThan(path, 'tid', 'aid');
    case 'scope':
      return access.tenant === 'root' ? namesMoreThan(path) : namesMoreThan(path, 'tid');
    case 'role':
      return namesMoreThan(path, 'tid') || (access.in === 'workspace' && access.isInBody === true);
  }
}

const namesMoreThan = (path: string, ...known: readonly string[]): boolean =>
  parametersOf(path).some((name) => !known.includes(name));
