/** Which addresses the platform may be published under. */

/** True for names and addresses that never leave this machine: `localhost`, `*.localhost`, 127.0.0.0/8, `[::1]`. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}

/**
 * What is wrong with one exact origin of another site, or undefined. Plain http is for this machine: whoever stands in
 * between would be the page that is let in.
 */
export function originProblem(text: string): string | undefined {
  const example = 'it may hold origins divided by commas, such as https://temporal.example.com';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (text.includes('*')) return `${example}, each in full and without *`;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return example;
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname))
    return `${example}; outside of this machine with https`;
  return text === url.origin ? undefined : `it may hold each origin as browsers write it: ${url.origin}`;
}

const placeholder = '{tenant}';

/**
 * What is wrong with a PUBLIC_URL, or undefined.
 * The scheme, host and port of every issuer and the id of every passkey derive from it, so it has no path of its own.
 */
export function publicUrlProblem(text: string, production: boolean): string | undefined {
  const parts = text.split(placeholder);
  const perTenant = parts.length === 2;
  const example = text.replace(placeholder, 'tenant');
  if (parts.length > 2 || /[{}]/.test(example)) return 'it may hold {tenant} once, in the first label of the host';
  const url = URL.canParse(example) ? new URL(example) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return 'it may hold an http or https URL';
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return 'it may hold a scheme, a host and a port only, such as https://id.example.com';
  }
  if (example.replace(/\/$/, '') !== url.origin) return `it may hold an origin as browsers write it: ${url.origin}`;
  if (perTenant && !/^https?:\/\/[a-z0-9-]*\{tenant\}[a-z0-9-]*\./.test(text)) {
    return '{tenant} may stand in the first label of the host only, such as https://{tenant}.id.example.com';
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    if (perTenant) return 'an origin per tenant needs https outside of this machine';
    if (production) return 'NODE_ENV=production needs https outside of this machine';
  }
  return undefined;
}
