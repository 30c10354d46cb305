/** What this runtime offers a hostile script in the place of the careless host's objects. */
import { classicManifest } from '../../scripts-runtime/script.ts';
import type { Script } from '../../scripts-runtime/index.ts';
import { digestOf } from '../../scripts-runtime/tape.ts';
import type { Hostile } from './corpus.ts';

/** Everything here was made by the platform: its constructors are what an attack would climb. */
const host = `{
  log: console.log, list: () => new URL('https://a.example/?x=1').searchParams.getAll('x'),
  later: () => fetch('https://ok.example/'), fail: () => new URL('::'), reject: () => fetch('https://refused.example/'),
  numbers: () => new Headers({ a: 'b' }).entries(), bytes: crypto.getRandomValues(new Uint8Array(4)), date: new Date(),
  map: new Map(), pattern: /x/, symbol: Symbol('x'), call: (run) => [1].forEach(run), read: (value) => console.log(value),
  map2: (list) => console.log(list), json: (value) => console.log(value), text: (value) => fetch(value).catch(() => 0),
  wait: async (value) => await value, global: globalThis, merge: (value) => console.log(value),
  isPolluted: () => typeof process === 'object', isPolluted2: () => typeof process === 'object',
}`;

export function asScript({ body }: Hostile): Script {
  const code = `module.exports = async function (context) { context.host = ${host};${body}\n}`;
  return { shape: 'classic', point: 'post_authn_ctx', code, sha256: digestOf(code), manifest: classicManifest };
}
