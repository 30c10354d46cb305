/** Which clients have a secret, and what a given one may be: checked here once, whoever registers. */
import { unprocessable } from '../kernel/errors.ts';
import { newSecret, type ClientMetadata } from './client.ts';

export function needsSecret({ token_endpoint_auth_method: method }: ClientMetadata): boolean {
  return method?.startsWith('client_secret_') === true;
}

/**
 * The secret that a client begins with; undefined for one that authenticates otherwise.
 * @throws PlatformError `unprocessable_entity` for one that is too weak or cannot be sent
 */
export function secretFor(metadata: ClientMetadata, given: string | undefined): string | undefined {
  if (!needsSecret(metadata)) return undefined;
  if (given === undefined) return newSecret();
  // An HS256 key has at least 256 bits (RFC 7518 §3.2).
  const shortest = metadata.token_endpoint_auth_method === 'client_secret_jwt' ? 32 : 16;
  if (given.length < shortest || !/^[\x20-\x7e]{1,512}$/.test(given)) {
    const message = `A given client secret must be ${String(shortest)} to 512 printable ASCII characters.`;
    throw unprocessable('/client_secret', message);
  }
  return given;
}
