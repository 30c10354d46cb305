/** Where a script may send a request to: nowhere, unless its list says so. */
import type { NetRule } from '../script.ts';

export class NotAllowed extends Error {}

/**
 * @returns the URL and the rule that lets it through
 * @throws NotAllowed with a message for the script's author
 */
export function allowed(
  text: string,
  method: string,
  rules: readonly NetRule[],
): { readonly url: URL; readonly rule: NetRule } {
  const url = URL.parse(text);
  if (url === null) throw new NotAllowed('the URL cannot be read');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new NotAllowed(`the scheme ${url.protocol} is not allowed`);
  if (url.username !== '' || url.password !== '') throw new NotAllowed('credentials in a URL are not allowed');
  const named = rules.filter(({ host }) => isNamed(url, host));
  if (named.length === 0) throw new NotAllowed(`the host ${url.host} is not in the list "net" of this script`);
  const rule = named.find(({ methods }) => methods.some((one) => one === method));
  if (rule === undefined) throw new NotAllowed(`${method} to ${url.host} is not in the list "net" of this script`);
  if (url.protocol === 'http:' && rule.insecure !== true)
    throw new NotAllowed(`plain http to ${url.host} is not allowed`);
  return { url, rule };
}

function isNamed(url: URL, host: string): boolean {
  const [, name = '', port = ''] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  // A URL leaves out the port that its scheme has anyway.
  const standard = url.protocol === 'https:' ? '443' : '80';
  if ((url.port === '' ? standard : url.port) !== (port === '' ? standard : port)) return false;
  return name.startsWith('*.') ? url.hostname.endsWith(name.slice(1)) : url.hostname === name;
}
