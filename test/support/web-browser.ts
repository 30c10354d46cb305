/** A browser without a screen: cookies, redirects and forms, and no patience for going round in circles. */
import assert from 'node:assert/strict';
import { createCookieJar, type CookieJar } from './cookie-jar.ts';

/** Where a request ended: a page of ours, or an address of somebody else's that a browser would go to now. */
export interface Shown {
  readonly status: number;
  readonly url: URL;
  readonly headers: Headers;
  readonly text: string;
  /** True where the next address is not of the platform; nothing was asked there. */
  readonly left: boolean;
}

export interface ShownForm {
  readonly action: string;
  /** As they would be sent unchanged: hidden and text fields, ticked boxes. */
  readonly fields: readonly (readonly [string, string])[];
}

type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface WebBrowser {
  readonly jar: CookieJar;
  /** Follows redirects for as long as they stay here. */
  open(address: string | URL): Promise<Shown>;
  /** The address asked last: what a browser's reload asks again, also when no answer came. */
  readonly at: URL;
  /** One answer, wherever it points. */
  ask(address: string | URL, init?: RequestInit): Promise<Response>;
  /**
   * Sends the form whose action ends with `to`.
   * @param values replace fields of the same name; undefined leaves one out
   */
  submit(page: Shown, to: string, values?: Values): Promise<Shown>;
}

/** A login takes four redirects; a browser gives up after about twenty. */
const mostHops = 12;

export function createWebBrowser(origin: string): WebBrowser {
  const jar = createCookieJar();
  let at = new URL(origin);

  async function ask(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address, origin);
    at = url;
    const headers = new Headers(init.headers);
    const cookies = jar.header(url.pathname);
    if (cookies !== '') headers.set('cookie', cookies);
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    jar.keep(answer.headers.getSetCookie());
    return answer;
  }

  async function follow(address: string | URL, init: RequestInit): Promise<Shown> {
    let url = new URL(address, origin);
    let answer = await ask(url, init);
    for (let hop = 0; hop < mostHops; hop += 1) {
      const location = answer.headers.get('location');
      const text = await answer.text();
      const { status, headers } = answer;
      if (location === null) return { status, url, headers, text, left: false };
      url = new URL(location, url);
      if (url.origin !== origin) return { status, url, headers, text, left: true };
      answer = await ask(url);
    }
    throw new Error(`round in circles, last at ${url.pathname}`);
  }

  return {
    jar,
    get at() {
      return at;
    },
    ask,
    open: (address) => follow(address, {}),
    submit(page, to, values = {}) {
      const form = formOf(page, to);
      const kept = form.fields.filter(([name]) => !(name in values));
      const given = Object.entries(values).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : typeof value === 'string' ? [[name, value]] : value.map((one) => [name, one]),
      );
      const body = new URLSearchParams([...kept, ...given].map(([name, value]): [string, string] => [name, value]));
      return follow(new URL(form.action, page.url), { method: 'POST', body, headers: { origin } });
    },
  };
}

/** The form whose action ends with `to`, its query aside. */
export function formOf(page: Shown, to: string): ShownForm {
  const found = formsOf(page.text).find(({ action }) => action.split('?')[0]?.endsWith(to));
  assert.ok(found, `${String(page.status)} ${page.url.pathname} shows no form to ${to}:\n${titleOf(page)}`);
  return found;
}

export function titleOf(page: Pick<Shown, 'text'>): string {
  return /<title>(.*?)<\/title>/s.exec(page.text)?.[1] ?? page.text.slice(0, 300);
}

function formsOf(html: string): readonly ShownForm[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, opening = '', inside = '']) => ({
    action: attribute(opening, 'action') ?? '',
    fields: [...inside.matchAll(/<input\b([^>]*)>/g)].flatMap(([, input = '']): [string, string][] => {
      const name = attribute(input, 'name');
      const unticked = attribute(input, 'type') === 'checkbox' && !/\schecked\b/.test(input);
      return name === undefined || unticked ? [] : [[name, attribute(input, 'value') ?? '']];
    }),
  }));
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value
    ?.replaceAll(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
