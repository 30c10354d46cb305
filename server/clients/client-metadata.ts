/** What client metadata may hold: checked here once, whoever registers (RFC 7591 §2, RFC 9700 §2.1). */
import { PlatformError } from '../kernel/errors.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';
import { isTaggedName, type ClientMetadata } from './client.ts';
import { usedTypes } from './response-types.ts';

interface Problem {
  readonly pointer: string;
  readonly message: string;
}

/** Names and addresses that never leave the machine (RFC 6761 §6.3, RFC 8252 §7.3). */
const loopbackHost = /^(([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Bytes no URI has (RFC 3986 §2), and the `*` that some servers take for «anything». */
const refusedCharacters = /[^\x21-\x7e]|[\\*"<>^`{|}]/;
const longestUri = 2048;

/** A redirect URI: absolute, without fragment (RFC 6749 §3.1.2), https; http on the own machine only (RFC 8252 §7.3). */
export function redirectUriProblem(uri: string): string | undefined {
  if (uri.length > longestUri) return `must have at most ${String(longestUri)} characters`;
  if (refusedCharacters.test(uri)) return 'must be a URI without wildcards';
  if (!URL.canParse(uri)) return 'must be an absolute URI (RFC 6749 §3.1.2)';
  if (uri.includes('#')) return 'must have no fragment (RFC 6749 §3.1.2)';
  const { protocol, username, password, hostname } = new URL(uri);
  if (username !== '' || password !== '') return 'must hold no user name or password';
  if (protocol === 'https:') return undefined;
  if (protocol === 'http:') {
    return loopbackHost.test(hostname) ? undefined : 'may use http on the own machine only (RFC 8252 §7.3)';
  }
  // An app's own scheme is a domain name turned round; javascript: and data: are none (RFC 8252 §7.1).
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(protocol) ? undefined : `must not use the scheme ${protocol}`;
}

/** A page or a document that people or the platform will open: https, or http on the own machine. */
export function webUriProblem(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || uri.length > longestUri || refusedCharacters.test(uri) || !URL.canParse(uri)) {
    return 'must be an absolute URI';
  }
  const { protocol, hostname } = new URL(uri);
  if (protocol === 'https:' || (protocol === 'http:' && loopbackHost.test(hostname))) return undefined;
  return 'must use https';
}

const webUris = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'initiate_login_uri', 'jwks_uri'] as const;

function uriProblems(metadata: ClientMetadata): readonly Problem[] {
  const redirects = (['redirect_uris', 'post_logout_redirect_uris'] as const).flatMap((member) =>
    (metadata[member] ?? []).map((uri, index) => ({
      pointer: `/${member}/${String(index)}`,
      message: redirectUriProblem(uri),
    })),
  );
  const webs = webUris
    .filter((member) => metadata[member] !== undefined)
    .map((member) => ({ pointer: `/${member}`, message: webUriProblem(metadata[member]) }));
  return [...redirects, ...webs].flatMap(({ pointer, message }) =>
    message === undefined ? [] : [{ pointer, message }],
  );
}

/** As long as the name without a tag may be. */
const longestName = 255;

const nameProblems = (metadata: ClientMetadata): readonly Problem[] =>
  Object.entries(metadata)
    .filter(([member, name]) => isTaggedName(member) && !(typeof name === 'string' && name.length <= longestName))
    .map(([member]) => ({
      pointer: `/${member}`,
      message: `must be a text of at most ${String(longestName)} characters`,
    }));

function methodProblems(metadata: ClientMetadata, settings: WorkspaceSettings): readonly Problem[] {
  const problems: Problem[] = [];
  const { token_endpoint_auth_method: method, grant_types: grants = [], redirect_uris: redirects = [] } = metadata;
  const methods: readonly string[] = settings.token_endpoint_auth_methods;
  const allowed: readonly string[] = settings.grant_types;
  if (!methods.includes(method ?? '')) {
    problems.push({ pointer: '/token_endpoint_auth_method', message: `must be one of ${methods.join(', ')}` });
  }
  if (!grants.every((grant) => allowed.includes(grant))) {
    problems.push({ pointer: '/grant_types', message: `must be among ${allowed.join(', ')}` });
  }
  const offered: readonly string[] = settings.response_types;
  const unoffered = usedTypes(metadata).filter((type) => !offered.includes(type));
  if (unoffered.length > 0) {
    const message = `must be among ${offered.join(', ')}: ${unoffered.join(', ')} would not be answered`;
    problems.push({ pointer: '/response_types', message });
  }
  // Generated clients send '' for «not given».
  if (metadata.subject_type !== undefined && !['', 'public'].includes(metadata.subject_type)) {
    problems.push({ pointer: '/subject_type', message: 'must be public: pairwise subjects are not offered' });
  }
  if (method === 'private_key_jwt' && metadata.jwks === undefined && metadata.jwks_uri === undefined) {
    problems.push({ pointer: '/jwks', message: 'private_key_jwt needs jwks or jwks_uri' });
  }
  if (method === 'none' && grants.includes('client_credentials')) {
    problems.push({
      pointer: '/grant_types',
      message: 'client_credentials is for confidential clients (RFC 6749 §4.4)',
    });
  }
  if ((grants.includes('authorization_code') || grants.includes('implicit')) && redirects.length === 0) {
    problems.push({ pointer: '/redirect_uris', message: 'must name at least one URI' });
  }
  if (
    metadata.scope !== undefined &&
    !/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(metadata.scope)
  ) {
    problems.push({ pointer: '/scope', message: 'must be scope names separated by one space (RFC 6749 §3.3)' });
  }
  return problems;
}

/** Members that are columns of their own, or that nobody may choose. */
const withheld = [
  'client_id',
  'client_secret',
  'client_secret_expires_at',
  'client_id_issued_at',
  'registration_access_token',
];

/**
 * Fills in the defaults of RFC 7591 §2, leaves out what has no place in metadata (a secret would stand there in clear),
 * and checks the rest against the workspace.
 * @throws PlatformError `unprocessable_entity` with a problem for each member that cannot stay
 */
export function checkedMetadata(given: ClientMetadata, settings: WorkspaceSettings): ClientMetadata {
  const kept = Object.fromEntries(Object.entries(given).filter(([member]) => !withheld.includes(member)));
  const grants = given.grant_types ?? ['authorization_code'];
  const metadata: ClientMetadata = {
    ...kept,
    grant_types: grants,
    response_types: given.response_types ?? (grants.includes('authorization_code') ? ['code'] : []),
    token_endpoint_auth_method: given.token_endpoint_auth_method ?? 'client_secret_basic',
  };
  const details = [...nameProblems(metadata), ...uriProblems(metadata), ...methodProblems(metadata, settings)];
  const [first] = details;
  if (first !== undefined) {
    throw new PlatformError('unprocessable_entity', `The client's ${first.pointer.slice(1)} ${first.message}.`, {
      details,
    });
  }
  return metadata;
}
