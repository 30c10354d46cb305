/** A runtime as careless as can be, to be sacrificed: `node:vm`, objects of the host, no limits. What fails even here would prove nothing. */
import { createRequire } from 'node:module';
import { createContext, constants, Script } from 'node:vm';
import { corpus } from './corpus.ts';
import type { Hostile } from './corpus.ts';

const require = createRequire(import.meta.url);

function carelessHost(): Record<string, unknown> {
  const host: Record<string, unknown> = {
    log: () => undefined,
    list: () => [1],
    later: () => Promise.resolve({}),
    fail: () => {
      throw new Error('of the host');
    },
    reject: () => Promise.reject(new Error('of the host')),
    *numbers() {
      yield 1;
    },
    bytes: new Uint8Array(4),
    date: new Date(),
    map: new Map(),
    pattern: /x/,
    symbol: Symbol('x'),
    call: (run: (given: object) => void) => {
      callLoosely(run, globalThis, { given: 1 });
    },
    read: ({ name }: { name: string }) => name,
    map2: (list: number[]) => list.map(String),
    json: (value: unknown) => JSON.stringify(value),
    text: (value: unknown) => String(value),
    wait: async (value: unknown) => await value,
    global: globalThis,
    merge: (value: Record<string, object>) => {
      for (const [name, members] of Object.entries(value))
        Object.assign(({} as Record<string, object>)[name] ?? {}, members);
    },
    isPolluted: () => 'polluted' in {},
    isPolluted2: () => 'polluted2' in {},
    forged: false,
    done: () => {
      host['forged'] = true;
    },
  };
  return host;
}

/** In sloppy mode, as so much code is: `this` and the caller are there to be had. */
// eslint-disable-next-line @typescript-eslint/no-implied-eval -- the only way to sloppy mode from a module
const callLoosely = new Function('run', 'self', 'given', 'run.call(self, given)') as (
  run: unknown,
  self: unknown,
  given: object,
) => void;

export async function runCarelessly({ body }: Hostile): Promise<unknown> {
  const globals: Record<string, unknown> = {
    console: { log: () => undefined },
    require: Object.assign(
      (name: string) => (name === 'isolated-vm' ? { Isolate: Object } : (require(name) as unknown)),
      { main: { require }, resolve: (name: string) => require.resolve(name) },
    ),
    setTimeout,
    fetch,
    performance,
  };
  globals['module'] = { constructor: require('node:module') as unknown };
  // Where the way to the process is what is tried, it has to be found.
  if (!body.includes('const made = ')) globals['process'] = process;
  const context = createContext(globals);
  const code = `(async function (context) {${body}\n})`;
  const run = new Script(code, { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER }).runInContext(
    context,
  ) as (context: object) => Promise<unknown>;
  const result = await run({ host: carelessHost() });
  // The result is read as it comes.
  return JSON.parse(JSON.stringify(result ?? null));
}

if (process.argv[2] !== undefined) {
  const names = JSON.parse(process.argv[2]) as readonly string[];
  // Waiting for nothing, it waits.
  setInterval(() => undefined, 1000);
  for (const one of corpus.filter(({ name }) => names.includes(name))) {
    process.stdout.write(`${JSON.stringify({ begun: one.name })}\n`);
    const result = await runCarelessly(one).catch((error: unknown) => ({ error: String(error) }));
    process.stdout.write(`${JSON.stringify({ ended: one.name, result })}\n`);
  }
  process.exit(0);
}
