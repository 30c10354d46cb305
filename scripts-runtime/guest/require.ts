/** `require` of classic scripts: a list of what there is, and nothing beside it. */
import { port } from './host.ts';
import { shims } from './shims.ts';

/** Libraries that are run as their authors wrote them. */
const libraries = ['lodash'];

const names = [...Object.keys(shims), ...libraries].sort();

/** @returns the module @throws Error with the list of what there is */
export function makeRequire(): (name: unknown) => unknown {
  const loaded = new Map<string, unknown>();
  return (asked) => {
    const name = String(asked).replace(/^node:/, '');
    if (!names.includes(name)) throw new Error(`Cannot find module '${name}': there are ${names.join(', ')}`);
    if (!loaded.has(name)) loaded.set(name, Object.hasOwn(shims, name) ? shims[name]?.() : library(name));
    return loaded.get(name);
  };
}

function library(name: string): unknown {
  const module = { exports: {} as unknown };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a function made of text is as far from the host as any other here
  const wrapped = new Function('module', 'exports', port.native('library', name, '', ''));
  Reflect.apply(wrapped, undefined, [module, module.exports]);
  return module.exports;
}
