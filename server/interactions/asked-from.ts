/** What is kept of a browser's request for scripts: where it came from, and headers that authorise nobody. */
import type { IncomingHttpHeaders } from 'node:http';
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

/**
 * Headers that are not there are left out; longer ones are cut.
 * @param ip as trusted proxies vouch for it: what a stranger wrote into a header is not believed
 */
export function askedFrom(ip: string, given: IncomingHttpHeaders): AskedFrom {
  const headers = told.flatMap((name): (readonly [string, string])[] => {
    const value = given[name];
    return typeof value === 'string' ? [[name, value.slice(0, longest)]] : [];
  });
  return { ip, headers: Object.fromEntries([...headers, ['x-forwarded-for', ip]]) };
}
