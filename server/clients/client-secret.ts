/** Which clients have a secret, and what a client's id and a given secret may be: checked here once, whoever registers. */
import { PlatformError } from '../kernel/errors.ts';
import { newSecret, type ClientMetadata } from './client.ts';

function unprocessable(pointer: string, message: string): PlatformError {
  return new PlatformError('unprocessable_entity', message, { details: [{ pointer, message }] });
}

/** @throws PlatformError `unprocessable_entity` */
export function checkClientId(id: string): void {
  if (/^[A-Za-z0-9._~-]{1,64}$/.test(id)) return;
  throw unprocessable('/client_id', 'The client id must be 1 to 64 of A-Z, a-z, 0-9, . _ ~ and -.');
}

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
