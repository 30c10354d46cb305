/** Asks the host, and hands each answer to whoever waits for it. */
import { moveClock } from './clock.ts';
import { fromJson, given, port, toJson } from './host.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
const counter = { calls: 0 };
const durable = ['redirect', 'approval', 'sleep'];
/** The call at which the login waits: until it is answered nothing else begins, or it would begin again each time. */
const login: { waitsFor: number | undefined } = { waitsFor: undefined };

function nextCall(): number {
  if (login.waitsFor !== undefined) throw new Error('nothing can be asked while the login waits');
  if (counter.calls >= given.maxCalls) throw new Error(`a login may ask the platform ${String(given.maxCalls)} times`);
  return counter.calls++;
}

/** @returns what the host answers @throws Error with the host's message */
export async function ask(call: string, request: unknown): Promise<unknown> {
  const text = toJson(request);
  const n = nextCall();
  if (durable.includes(call)) login.waitsFor = n;
  return new Promise((resolve, reject) => {
    waiting.set(n, { resolve, reject });
    port.call(n, call, text);
  });
}

/** For interfaces that have always answered at once. */
export function askNow(call: string, request: unknown): unknown {
  const answer = fromJson(port.callNow(nextCall(), call, toJson(request))) as NowAnswer;
  moveClock(answer.at);
  if (!answer.ok) throw new Error(String(answer.value));
  return answer.value;
}

interface NowAnswer {
  readonly at: number;
  readonly ok: boolean;
  readonly value: unknown;
}

/** Called from outside, one answer at a time, when the script stands still. */
export function answer(n: number, at: number, ok: boolean, json: string): void {
  const one = waiting.get(n);
  if (one === undefined) return;
  waiting.delete(n);
  if (login.waitsFor === n) login.waitsFor = undefined;
  moveClock(at);
  const value = fromJson(json);
  if (ok) one.resolve(value);
  else one.reject(new Error(String(value)));
}

/** Whether nothing can happen any more until somebody answers, and nobody was asked. */
export function isWaiting(): boolean {
  return waiting.size > 0;
}
