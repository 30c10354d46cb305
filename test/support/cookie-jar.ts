/** A browser's cookies, as far as the engine uses them: by path, replaced by name and path, gone when expired. */

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

export interface CookieJar {
  header(pathname: string): string;
  keep(setCookie: readonly string[]): void;
  /** Every cookie held, as the browser got it. */
  all(): readonly Cookie[];
  restore(cookies: readonly Cookie[]): void;
}

function parse(line: string): Cookie & { readonly expired: boolean } {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const [name = '', ...value] = pair.split('=');
  const path = attributes.find((attribute) => attribute.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
  const expires = attributes.find((attribute) => attribute.toLowerCase().startsWith('expires='))?.slice(8);
  return { name, value: value.join('='), path, expired: expires !== undefined && Date.parse(expires) < Date.now() };
}

export function createCookieJar(): CookieJar {
  const held = new Map<string, Cookie>();
  return {
    header(pathname) {
      const sent = [...held.values()].filter(({ path }) => path === '/' || `${pathname}/`.startsWith(`${path}/`));
      return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
    },
    keep(lines) {
      for (const { expired, ...cookie } of lines.map(parse)) {
        const key = `${cookie.path} ${cookie.name}`;
        if (expired) held.delete(key);
        else held.set(key, cookie);
      }
    },
    all: () => [...held.values()],
    restore(cookies) {
      held.clear();
      for (const cookie of cookies) held.set(`${cookie.path} ${cookie.name}`, cookie);
    },
  };
}
