/** Starts a script and says what became of it. */
import { makeApi } from './api.ts';
import type { Outcome, TypedEvent } from './api.ts';
import { answer, isWaiting } from './bridge.ts';
import { installBuffer } from './buffer.ts';
import { installChance } from './chance.ts';
import { installClock } from './clock.ts';
import { installConsole } from './console.ts';
import { failureOf } from './failure.ts';
import { installFetch } from './fetch.ts';
import { fromJson, given, port, toJson } from './host.ts';
import { makeRequire } from './require.ts';
import { installText } from './text.ts';
import { installTimers } from './timers.ts';
import { installUrl } from './url.ts';

type Run = (...args: readonly unknown[]) => unknown;

const state = { over: false };

function end(outcome: object): void {
  if (state.over) return;
  state.over = true;
  let text: string;
  try {
    text = toJson(outcome);
  } catch (error) {
    text = toJson({ kind: 'error', ...failureOf(error) });
  }
  port.done(text);
}

/** Runs until the script has returned or thrown; answers that come later are nobody's. */
async function drive(run: () => unknown, { effects }: Pick<Outcome, 'effects'>): Promise<void> {
  try {
    const output = await run();
    end({ kind: 'ok', output: output ?? null, effects });
  } catch (error) {
    end({ kind: 'error', ...failureOf(error) });
  }
}

type Secrets = Readonly<Record<string, string>>;

/** @param wrapped the source as a function of what CommonJS gives */
function startClassic(wrapped: Run, input: string, secrets: string): void {
  void drive(
    () => {
      const module = { exports: {} as unknown };
      Reflect.apply(wrapped, undefined, [module.exports, makeRequire(), module]);
      if (typeof module.exports !== 'function') throw new TypeError('module.exports is no function of (context)');
      const context = { ...(fromJson(input) as object), secrets: fromJson(secrets) };
      return Reflect.apply(module.exports, undefined, [context]) as unknown;
    },
    { effects: [] },
  );
}

/** Who reads what nobody knows any more has come to its end: whatever it made of nothing would be taken for an answer. */
function withAbsent(event: TypedEvent): TypedEvent {
  for (const name of given.absent)
    Object.defineProperty(event, name, {
      get() {
        end({ kind: 'absent', name });
      },
    });
  return event;
}

function startTyped(namespace: { readonly default?: unknown }, input: string, secrets: string): void {
  const outcome: Outcome = {
    effects: [],
    // At once: an error, or the end of its time, would be another outcome, and might let the login go on.
    deny(reason, details) {
      end({ kind: 'denied', reason, details });
    },
  };
  void drive(() => {
    const event = withAbsent(fromJson(input) as TypedEvent);
    const api = makeApi(outcome, event, fromJson(secrets) as Secrets);
    const script = namespace.default as { readonly run: Run };
    return Reflect.apply(script.run, script, [event, api]);
  }, outcome);
}

/** What a typed script says about itself; read where it can reach nothing. */
function describe(namespace: { readonly default?: unknown }): string {
  try {
    const script = namespace.default;
    if (typeof script !== 'object' || script === null)
      return toJson({ problem: 'the default export is not what defineScript made' });
    const { run, ...manifest } = script as { readonly run?: unknown };
    if (typeof run !== 'function') return toJson({ problem: 'the script has no run(event, api)' });
    return toJson({ manifest });
  } catch (error) {
    return toJson({ problem: failureOf(error).message });
  }
}

/** Whether a classic source exports a function, as far as that shows before it is run. */
function describeClassic(wrapped: Run): string {
  try {
    const module = { exports: {} as unknown };
    Reflect.apply(wrapped, undefined, [module.exports, makeRequire(), module]);
    return toJson(
      typeof module.exports === 'function'
        ? { manifest: null }
        : { problem: 'module.exports is no function of (context)' },
    );
  } catch (error) {
    return toJson({ problem: failureOf(error).message, stack: failureOf(error).stack });
  }
}

/** True when the script waits for something that can never come. */
function isStuck(): boolean {
  return !state.over && !isWaiting();
}

function install(): void {
  for (const name of ['SharedArrayBuffer', 'Atomics', 'WebAssembly', 'WeakRef', 'FinalizationRegistry'])
    Reflect.deleteProperty(globalThis, name);
  installClock();
  installChance();
  installConsole();
  installText();
  installBuffer();
  installTimers();
  installUrl();
  installFetch();
}

install();

export const guest = { startClassic, startTyped, describe, describeClassic, isStuck, answer };
