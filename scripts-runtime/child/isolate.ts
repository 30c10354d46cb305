/** A new isolate with the guest program in it: everything of ours that a script can touch, and it is text that goes in and out. */
import type * as IsolatedVm from 'isolated-vm';
import type {
  CachedDataResult,
  Context,
  Dereference,
  ExternalCopy,
  Isolate,
  Module,
  Reference,
  Script,
} from 'isolated-vm';
import type { InitMessage, RunLimits, RunMessage } from './messages.ts';
import { nativeOf } from './native.ts';

/** The addon itself: loaded by its path, so that the child reads nothing else. */
export type Ivm = typeof IsolatedVm;

export interface Talk {
  readonly call: (n: number, call: string, request: string) => void;
  readonly callNow: (n: number, call: string, request: string) => Promise<string>;
  readonly log: (level: string, text: string) => void;
  readonly done: (outcome: string) => void;
  readonly refuse: (scope: string) => void;
}

/** One that can ask nobody. */
export const silence: Talk = {
  call: () => undefined,
  callNow: () => Promise.reject(new Error('nothing can be asked here')),
  log: () => undefined,
  done: () => undefined,
  refuse: () => undefined,
};

/** A function of the guest, as it is seen from here. */
export type GuestFunction = (...args: (string | number | boolean | Dereference<unknown>)[]) => Promise<unknown>;

export interface Guest {
  readonly startClassic: GuestFunction;
  readonly startTyped: GuestFunction;
  readonly describe: GuestFunction;
  readonly describeClassic: GuestFunction;
  readonly isStuck: GuestFunction;
  readonly answer: GuestFunction;
}

export interface Place {
  readonly isolate: Isolate;
  readonly context: Context;
  readonly guest: Guest;
}

export type PlaceSettings = Pick<RunMessage, 'seed' | 'at' | 'effects' | 'durable' | 'absent'> & {
  readonly limits: RunLimits;
};

export interface PlaceDeps {
  readonly ivm: Ivm;
  readonly init: InitMessage;
  /** V8 has no memory left and cannot go on: neither can this process. */
  readonly onCatastrophe: (message: string) => void;
}

const guestName = 'gatehouse:guest';

/** The guest program as V8 has compiled it once: the same for every isolate of this process. */
let cache: ExternalCopy<ArrayBuffer> | undefined;

/** An isolate with the guest program in it that is nobody's yet. */
export interface Shell {
  readonly isolate: Isolate;
  readonly heapMb: number;
  readonly context: Context;
  /** Makes the guest. */
  readonly make: Reference;
}

/*
 * What is ours alone runs on this thread: each way to another thread and back takes as long as all that it would do there.
 * What a script has a part in never does: this thread watches over it.
 */

export function createShell({ ivm, init, onCatastrophe }: PlaceDeps, heapMb: number): Shell {
  const isolate = new ivm.Isolate({ memoryLimit: heapMb, onCatastrophicError: onCatastrophe });
  const context = isolate.createContextSync();
  const program: Script & CachedDataResult = isolate.compileScriptSync(init.guest, {
    filename: guestName,
    ...(cache === undefined ? { produceCachedData: true } : { cachedData: cache }),
  });
  cache ??= program.cachedData;
  return { isolate, heapMb, context, make: program.runSync(context, { reference: true }) };
}

/** Makes a shell the place of one run. */
export function furnish({ ivm, init }: PlaceDeps, shell: Shell, settings: PlaceSettings, talk: Talk): Place {
  const { isolate, context, make } = shell;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const number = (value: unknown): number => (typeof value === 'number' ? value : -1);
  const later = { ignored: true } as const;
  const callNow = new ivm.Reference((n: unknown, call: unknown, request: unknown) =>
    talk.callNow(number(n), text(call), text(request)),
  );
  const guest: Reference = make.applySync(
    undefined,
    [
      new ivm.Callback((n: unknown, call: unknown, request: unknown) => {
        talk.call(number(n), text(call), text(request));
      }, later),
      callNow,
      new ivm.Callback((level: unknown, line: unknown) => {
        talk.log(text(level), text(line));
      }, later),
      new ivm.Callback(nativeOf(settings.seed, init.libraries)),
      new ivm.Callback((outcome: unknown) => {
        talk.done(text(outcome));
      }, later),
      // The isolate stands still until it is said: it may be gone a moment later.
      new ivm.Callback((scope: unknown) => {
        talk.refuse(text(scope));
      }),
      JSON.stringify({
        at: settings.at,
        maxCalls: settings.limits.calls,
        consoleBytes: settings.limits.consoleBytes,
        effects: settings.effects,
        durable: settings.durable,
        absent: settings.absent,
      }),
    ],
    { result: { reference: true } },
  );
  const method = (name: keyof Guest): GuestFunction => {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- the guest is ours, and its methods take what they are given
    const reference: Reference<GuestFunction> = guest.getSync(name, { reference: true });
    // eslint-disable-next-line prefer-spread -- no function is called here: the isolate is
    return (...args) => reference.apply(undefined, args);
  };
  return {
    isolate,
    context,
    guest: {
      startClassic: method('startClassic'),
      startTyped: method('startTyped'),
      describe: method('describe'),
      describeClassic: method('describeClassic'),
      isStuck: method('isStuck'),
      answer: method('answer'),
    },
  };
}

/** As the author sees it in a stack: this name is no path. */
export const scriptName = 'script';

const wrapper = '(function (exports, require, module) {';

/** A classic source as the function that CommonJS makes of it, its lines and columns where they were. */
export async function loadClassic({ context }: Place, code: string): Promise<Dereference<unknown>> {
  const wrapped: Reference<unknown> = await context.eval(`${wrapper}${code}\n})`, {
    filename: scriptName,
    columnOffset: -wrapper.length,
    reference: true,
  });
  return wrapped.derefInto();
}

/** A typed source as its namespace. `defineScript` gives back what it is given: what it means is said by its types. */
export async function loadTyped(
  { isolate, context }: Place,
  code: string,
  modules: readonly string[],
): Promise<Dereference<unknown>> {
  const module = await isolate.compileModule(code, { filename: scriptName });
  await module.instantiate(context, async (specifier): Promise<Module> => {
    if (!modules.includes(specifier))
      throw new Error(
        `Cannot find module '${specifier.slice(0, 200)}': a script imports defineScript from ${modules.join(' or ')}`,
      );
    return isolate.compileModule('export const defineScript = (script) => script;', { filename: guestName });
  });
  await module.evaluate();
  return module.namespace.derefInto();
}
