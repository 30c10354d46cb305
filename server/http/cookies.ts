/** Reading the Cookie header. */
import type { IncomingMessage } from 'node:http';

/** The first cookie of this name (RFC 6265 §4.2), percent-decoded; undefined when there is none or it is not decodable. */
export function readCookie(req: IncomingMessage, name: string): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    try {
      return decodeURIComponent(pair.slice(equals + 1).trim());
    } catch {
      return undefined;
    }
  }
  return undefined;
}
