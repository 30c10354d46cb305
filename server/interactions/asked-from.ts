/** What is kept of a browser's request for scripts: where it came from, and headers that authorise nobody. */
import type { IncomingMessage } from 'node:http';
import { clientAddress } from '../http/client-address.ts';
import type { AskedFrom } from './proof.ts';

/** No other: whatever stands before the platform may put tokens into headers of its own. */
const told = [
  'accept-language',
  'user-agent',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'cf-ipcountry',
  'cloudfront-viewer-country',
] as const;
const longest = 512;

/** Headers that cannot be had are left out; longer ones are cut. */
export function askedFrom(req: IncomingMessage): AskedFrom {
  const ip = clientAddress(req).address;
  const headers = told.flatMap((name): (readonly [string, string])[] => {
    const value = req.headers[name];
    return typeof value === 'string' ? [[name, value.slice(0, longest)]] : [];
  });
  // What a stranger wrote there is not believed: the address is the one that trusted proxies vouch for.
  return { ip, headers: Object.fromEntries([...headers, ['x-forwarded-for', ip]]) };
}
