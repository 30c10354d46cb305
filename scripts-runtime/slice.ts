/** One slice of a login in one child: from the start of the script to its end, or to where the login waits. */
import { randomBytes } from 'node:crypto';
import { durableRequest } from './capabilities/durable.ts';
import type { Child, ChildEnd } from './child-process.ts';
import type { RunMessage } from './child/messages.ts';
import type { Calls } from './calls.ts';
import type { ConsoleKeeper } from './console-keeper.ts';
import { readJson } from './json.ts';
import type { JsonValue } from './json.ts';
import { bounds } from './limits.ts';
import type { Limits } from './limits.ts';
import { outcomeOf, stackOf } from './outcome.ts';
import type { CallOfChild, ChildSays } from './protocol.ts';
import type { RunOutcome } from './run.ts';
import type { Refusals } from './refusals.ts';
import { durablePoints, durableCalls } from './script.ts';
import type { DurableCall, Script } from './script.ts';
import type { HostCall, Tape } from './tape.ts';
import type { TapeDeck, Told } from './tape-deck.ts';

export type SliceEnd =
  | { readonly kind: 'ended'; readonly outcome: RunOutcome; readonly tape: Tape; readonly cpuMs: number }
  /** Everything that was on its way when it died has been answered, and is on the tape. */
  | { readonly kind: 'died'; readonly end: ChildEnd; readonly tape: Tape; readonly hadBegun: boolean };

export interface SliceOptions {
  readonly child: Child;
  readonly script: Script;
  readonly absent: readonly string[];
  /** JSON of both. */
  readonly input: string;
  readonly secrets: string;
  readonly tape: Tape;
  readonly deck: TapeDeck;
  readonly calls: Calls;
  readonly limits: Limits;
  readonly console: ConsoleKeeper;
  readonly refusals: Pick<Refusals, 'add'>;
}

/** After which a child that should have said something by itself is not waited for any more. */
const graceMs = 1_000;

const isDurable = (call: HostCall): call is DurableCall => durableCalls.some((one) => one === call);

export async function runSlice(options: SliceOptions): Promise<SliceEnd> {
  const { child, script, tape, deck, calls, limits } = options;
  const id = randomBytes(16).toString('hex');
  const mayWait = durablePoints.includes(script.point);
  const ended = Promise.withResolvers<{ readonly outcome: RunOutcome; readonly cpuMs: number }>();
  const onTheirWay = new Set<Promise<void>>();
  let hadBegun = false;
  let next = 0;
  let fetches = 0;
  let waitsFor: { readonly n: number; readonly outcome: RunOutcome } | undefined;
  /** Known before the script ended: what it says from then on counts for nothing. */
  let known: { readonly outcome: RunOutcome; readonly waitsFor?: number } | undefined;

  function stopWith(outcome: RunOutcome, n?: number): void {
    if (known) return;
    known = { outcome, ...(n === undefined ? {} : { waitsFor: n }) };
    child.send({ type: 'stop', id });
  }
  const over = (fault: 'limit' | 'diverged', message: string, more: { readonly asked?: string } = {}): void =>
    stopWith({ kind: 'error', fault, message, stack: [], ...more });

  function tell(told: Told | undefined): void {
    if (told === undefined) over('limit', 'the script asked and was answered more than a tape holds');
    else if (!known) child.send({ type: 'answer', id, ...told });
  }

  function suspendWhenQuiet(): void {
    if (waitsFor && onTheirWay.size === 0 && deck.isPlayed()) stopWith(waitsFor.outcome, waitsFor.n);
  }

  /** @returns what the call is refused for, or undefined when it is on its way */
  function refusal({ n, call }: CallOfChild, request: JsonValue): string | undefined {
    if (waitsFor) return 'nothing can be asked while the login waits';
    if (onTheirWay.size >= bounds.callsAtOnce) return `at most ${String(bounds.callsAtOnce)} calls at once`;
    if (call === 'fetch' && fetches > limits.fetches) return `a login may fetch ${String(limits.fetches)} times`;
    if (!isDurable(call)) return undefined;
    if (!mayWait || !script.manifest.effects.includes(call)) return `api.${call} is not for this script`;
    try {
      waitsFor = { n, outcome: { kind: 'suspended', suspend: call, request: durableRequest(call, request) } };
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  function send(answered: Promise<Told | undefined>): void {
    const one = answered.then(tell).finally(() => {
      onTheirWay.delete(one);
      suspendWhenQuiet();
    });
    onTheirWay.add(one);
    // Where an answer cannot be kept, the login cannot go on: the runtime has failed, not the script.
    one.catch((error: unknown) => {
      child.kill('killed', messageOf(error));
    });
  }

  function onCall(asked: CallOfChild): void {
    if (asked.n !== next++) return child.kill('forged', 'calls out of their order');
    if (asked.request.length > bounds.requestBytes)
      return over('limit', `the script asked with more than ${String(bounds.requestBytes)} characters`);
    if (asked.n >= bounds.calls) return over('limit', `the script asked more than ${String(bounds.calls)} times`);
    if (asked.call === 'fetch') fetches++;
    const request = requestOf(asked.request);
    const heard = deck.hear(asked.n, asked.call, request);
    const name = `call ${String(asked.n)} (${asked.call})`;
    if (heard === 'diverged') return over('diverged', `${name} is not the one on the tape`, { asked: name });
    if (heard === 'played') {
      for (const told of deck.due()) tell(told);
      return suspendWhenQuiet();
    }
    const error = refusal(asked, request);
    const { call, n } = asked;
    if (heard === 'waits') return error === undefined ? suspendWhenQuiet() : over('diverged', error, { asked: name });
    if (error !== undefined) send(deck.record(n, { error }));
    else if (isDurable(call)) suspendWhenQuiet();
    else
      send(
        calls(call, request).then(
          (value) => deck.record(n, { value }),
          (failure: unknown) => deck.record(n, { error: messageOf(failure) }),
        ),
      );
  }

  function onMessage(message: ChildSays): void {
    if (!('id' in message) || message.id !== id) return child.kill('forged', `"${message.type}" of another run`);
    switch (message.type) {
      case 'begun':
        hadBegun = true;
        return;
      case 'call':
        if (!known) onCall(message);
        return;
      case 'log':
        options.console.add(message.level, message.text);
        return;
      case 'refused':
        if (!script.manifest.effects.includes('scopes')) return child.kill('forged', 'it refused what it may not');
        options.refusals.add(message.scope);
        return;
      case 'done':
        return ended.resolve({ outcome: known?.outcome ?? outcomeOf(message.outcome, script), cpuMs: message.cpuMs });
      case 'fault': {
        const { fault, message: text, stack, cpuMs, spent } = message;
        if (spent || fault === 'memory') child.kill('killed', `a script ended it: ${fault}`);
        const outcome = { kind: 'error', fault, message: text, stack: stackOf(stack) } as const;
        return ended.resolve({ outcome: known?.outcome ?? outcome, cpuMs });
      }
      case 'stopped':
        if (known) ended.resolve({ outcome: known.outcome, cpuMs: message.cpuMs });
        else child.kill('forged', 'it stopped when nobody said so');
        return;
      default:
        child.kill('forged', `"${message.type}" in a run`);
    }
  }

  const watch = { hung: false };
  const watchdog = setTimeout(() => {
    watch.hung = true;
    child.kill('killed', 'it ran longer than it may');
  }, limits.wallMs + graceMs);
  child.listen(onMessage);
  child.send(runMessage(id, options));
  const first = await Promise.race([ended.promise, child.ended]);
  clearTimeout(watchdog);
  child.listen(undefined);
  if ('outcome' in first) return { kind: 'ended', ...first, tape: deck.stop(known?.waitsFor) };
  if (known) return { kind: 'ended', outcome: known.outcome, cpuMs: 0, tape: deck.stop(known.waitsFor) };
  if (watch.hung) {
    const outcome = {
      kind: 'error',
      fault: 'timeout',
      message: 'the script took longer than it may',
      stack: [],
    } as const;
    return { kind: 'ended', outcome, cpuMs: 0, tape: deck.stop() };
  }
  await Promise.allSettled(onTheirWay);
  if (waitsFor) return { kind: 'ended', outcome: waitsFor.outcome, cpuMs: 0, tape: deck.stop(waitsFor.n) };
  return { kind: 'died', end: first, tape: deck.stop(), hadBegun };

  function runMessage(run: string, { input, secrets, absent }: SliceOptions): RunMessage {
    const { shape, code, manifest } = script;
    const { cpuMs, wallMs, heapMb, consoleBytes } = limits;
    return {
      ...({ type: 'run', id: run, shape, code, input, secrets } as const),
      ...{ seed: tape.seed, at: tape.at, effects: manifest.effects, durable: mayWait, absent },
      limits: { cpuMs, wallMs, heapMb, consoleBytes, calls: bounds.calls, outputChars: bounds.outputBytes },
    };
  }
}

/** What cannot be read asks for nothing: whatever is asked refuses it. */
function requestOf(json: string): JsonValue {
  try {
    return readJson(json);
  } catch {
    return null;
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 1000);
}
