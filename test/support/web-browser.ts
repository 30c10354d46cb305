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
  /** Boxes that are there to be ticked, by name and value. */
  readonly unticked: readonly (readonly [string, string])[];
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

/** @param language that it reads, as its `Accept-Language` says it */
export function createWebBrowser(origin: string, language?: string): WebBrowser {
  const jar = createCookieJar();
  let at = new URL(origin);

  const post = (fields: ShownForm['fields']): RequestInit => ({
    method: 'POST',
    body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])),
    headers: { origin },
  });

  async function ask(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address, origin);
    at = url;
    const headers = new Headers(init.headers);
    const cookies = jar.header(url.pathname);
    if (cookies !== '') headers.set('cookie', cookies);
    if (language !== undefined) headers.set('accept-language', language);
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
      const sendsItself = location === null && text.includes('document.forms[0].submit()');
      if (location === null && !sendsItself) return { status, url, headers, text, left: false };
      const form = sendsItself ? formsOf(text)[0] : undefined;
      url = new URL(form?.action ?? location ?? '', url);
      if (url.origin !== origin) return { status, url, headers, text, left: true };
      answer = await ask(url, form === undefined ? {} : post(form.fields));
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
      return follow(new URL(form.action, page.url), post([...kept, ...given]));
    },
  };
}

const leadsTo =
  (to: string) =>
  ({ action }: ShownForm): boolean =>
    action.split('?')[0]?.endsWith(to) === true;

export function hasForm(page: Shown, to: string): boolean {
  return formsOf(page.text).some(leadsTo(to));
}

/** The form whose action ends with `to`, its query aside. */
export function formOf(page: Shown, to: string): ShownForm {
  const found = formsOf(page.text).find(leadsTo(to));
  assert.ok(found, `${String(page.status)} ${page.url.pathname} shows no form to ${to}:\n${titleOf(page)}`);
  return found;
}

export function titleOf(page: Pick<Shown, 'text'>): string {
  return /<title>(.*?)<\/title>/s.exec(page.text)?.[1] ?? page.text.slice(0, 300);
}

function formsOf(html: string): readonly ShownForm[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, opening = '', inside = '']) => {
    const inputs = [...inside.matchAll(/<input\b([^>]*)>/g)].flatMap(([, input = '']) => {
      const name = attribute(input, 'name');
      const unticked = attribute(input, 'type') === 'checkbox' && !/\schecked\b/.test(input);
      return name === undefined ? [] : [{ field: [name, attribute(input, 'value') ?? ''] as const, unticked }];
    });
    return {
      action: attribute(opening, 'action') ?? '',
      fields: inputs.filter(({ unticked }) => !unticked).map(({ field }) => field),
      unticked: inputs.filter(({ unticked }) => unticked).map(({ field }) => field),
    };
  });
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

/** Without what its links carry sealed: of what was typed, and another text each time, whoever is there. */
export const withoutSealed = (text: string): string => text.replaceAll(/\bfor(?:=|&#x3D;)v1\.[\w-]+/g, 'for={sealed}');
