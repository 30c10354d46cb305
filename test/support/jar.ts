/** A browser without a screen: keeps cookies by path, sends Origin with forms, follows redirects. */

export interface Visited {
  readonly status: number;
  readonly url: string;
  readonly text: string;
}

interface PostOptions {
  /** Instead of what a browser sends from a page of this origin. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Stops before it follows a redirect to an address that holds this. */
  readonly stopAt?: string;
}

interface Asked {
  readonly method?: 'POST';
  readonly body?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

export function createJar(origin: string) {
  const cookies = new Map<string, { value: string; path: string }>();
  const setCookies: string[] = [];
  const visited: URL[] = [];

  function keep(line: string): void {
    setCookies.push(line);
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice('path='.length) ?? '/';
    if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
    else cookies.set(name, { value, path });
  }

  async function go(address: string, init: Asked, stopAt?: string): Promise<Visited> {
    const url = new URL(address, origin);
    visited.push(url);
    const cookie = [...cookies]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
    for (const line of answer.headers.getSetCookie()) keep(line);
    const location = answer.headers.get('location');
    if (location === null) return { status: answer.status, url: url.href, text: await answer.text() };
    await answer.arrayBuffer();
    const next = new URL(location, url).href;
    if (stopAt !== undefined && next.includes(stopAt)) return { status: answer.status, url: next, text: '' };
    return go(next, {}, stopAt);
  }

  return {
    setCookies,
    visited,
    get: (address: string) => go(address, {}),
    post: (address: string, form: Readonly<Record<string, string>>, options: PostOptions = {}) =>
      go(
        address,
        { method: 'POST', body: new URLSearchParams(form), headers: options.headers ?? { origin } },
        options.stopAt,
      ),
    set(name: string, value: string) {
      cookies.set(name, { value, path: cookies.get(name)?.path ?? '/' });
    },
  };
}
