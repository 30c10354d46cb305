/** Plays a tape to a script that runs, and records on it what the tape does not know yet. */
import { createHash } from 'node:crypto';
import { canonical } from './json.ts';
import type { JsonValue } from './json.ts';
import { bounds } from './limits.ts';
import type { Redaction } from './redaction.ts';
import type { RunMode, ScriptHost } from './run.ts';
import type { HostCall, Tape, TapeAnswer, TapeEntry } from './tape.ts';

/** What a script is told; `json` holds what it was answered, or the message of an error. */
export interface Told {
  readonly n: number;
  readonly at: number;
  readonly ok: boolean;
  readonly json: string;
}

/**
 * What becomes of a call: the tape answers it, the host has to, the login waited at it when the tape ended, or the script
 * is not the one of this tape.
 */
export type Heard = 'played' | 'live' | 'waits' | 'diverged';

export interface TapeDeck {
  /** @param request as the script sent it */
  hear(n: number, call: HostCall, request: JsonValue): Heard;
  /** Answers of the tape that are due, in their order; each is told once. */
  due(): readonly Told[];
  /** Whether every answer of the tape has been told. */
  isPlayed(): boolean;
  /** Puts an answer of the host on the tape. @returns undefined when the tape is full */
  record(n: number, answer: { readonly value: JsonValue } | { readonly error: string }): Promise<Told | undefined>;
  /** The tape with all calls that have no answer: as the last entry of a login that waits, or as `none`. */
  stop(waitsFor?: number): Tape;
}

interface Asked {
  readonly call: HostCall;
  readonly request: string;
}

export interface TapeDeckOptions {
  readonly tape: Tape;
  readonly mode: RunMode;
  readonly host: Pick<ScriptHost, 'spill' | 'now'>;
  readonly redaction: Redaction;
}

/** @throws Error when a spilled answer is not there any more */
export async function createTapeDeck({ tape, mode, host, redaction }: TapeDeckOptions): Promise<TapeDeck> {
  const known = new Map(tape.entries.map((entry) => [entry.n, entry]));
  const spilled = await loadSpilled(tape, host);
  const asked = new Map<number, Asked>();
  const entries: TapeEntry[] = [];
  const toPlay = tape.entries.filter(({ answer }) => answer !== undefined && answer.kind !== 'none');
  let played = 0;
  let size = 0;

  function keep(entry: TapeEntry): void {
    entries.push(entry);
    asked.delete(entry.n);
    const { answer } = entry;
    size +=
      entry.request.length +
      (answer?.kind === 'value' ? answer.json.length : answer?.kind === 'error' ? answer.message.length : 0);
  }

  function toldOf({ n, at }: TapeEntry, answer: TapeAnswer): Told {
    if (answer.kind === 'error') return { n, at, ok: false, json: redaction.showJson(JSON.stringify(answer.message)) };
    const json =
      answer.kind === 'value'
        ? answer.json
        : answer.kind === 'spilled'
          ? (spilled.get(answer.sha256) ?? 'null')
          : 'null';
    return { n, at, ok: true, json: redaction.showJson(json) };
  }

  return {
    hear(n, call, request) {
      const one = { call, request: canonical(redaction.hide(request)) };
      asked.set(n, one);
      const entry = known.get(n);
      if (entry) {
        if (entry.call !== call || entry.request !== one.request) return 'diverged';
        return entry.answer === undefined ? 'waits' : 'played';
      }
      return mode === 'live' && played === toPlay.length ? 'live' : 'diverged';
    },
    due() {
      const told: Told[] = [];
      for (let next = toPlay[played]; next?.answer && asked.has(next.n); next = toPlay[played]) {
        keep(next);
        told.push(toldOf(next, next.answer));
        played++;
      }
      return told;
    },
    isPlayed: () => played === toPlay.length,
    async record(n, given) {
      const one = asked.get(n);
      if (one === undefined) return undefined;
      const answer = await answerOf(given, redaction, host);
      const entry = { n, ...one, at: Math.max(host.now(), entries.at(-1)?.at ?? tape.at), answer };
      keep(entry);
      if (size > bounds.tapeBytes) return undefined;
      // Canonical here too: a script may see in which order members stand.
      const json = 'value' in given ? canonical(given.value) : JSON.stringify(given.error);
      return { n, at: entry.at, ok: 'value' in given, json };
    },
    stop(waitsFor) {
      const at = Math.max(host.now(), entries.at(-1)?.at ?? tape.at);
      const open = [...asked]
        .filter(([n]) => n !== waitsFor)
        .map(([n, one]) => ({ n, ...one, at, answer: { kind: 'none' } as const }));
      const last = waitsFor === undefined ? undefined : asked.get(waitsFor);
      const end =
        last === undefined || waitsFor === undefined ? [] : [known.get(waitsFor) ?? { n: waitsFor, ...last, at }];
      return { ...tape, entries: [...entries, ...open, ...end] };
    },
  };
}

async function answerOf(
  given: { readonly value: JsonValue } | { readonly error: string },
  redaction: Redaction,
  host: Pick<ScriptHost, 'spill'>,
): Promise<TapeAnswer> {
  if ('error' in given) return { kind: 'error', message: redaction.hideText(given.error) };
  const json = canonical(redaction.hide(given.value));
  if (json.length <= bounds.inlineAnswerBytes) return { kind: 'value', json };
  const bytes = Buffer.from(json);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await host.spill.put(sha256, bytes);
  return { kind: 'spilled', sha256, bytes: bytes.length };
}

async function loadSpilled(tape: Tape, host: Pick<ScriptHost, 'spill'>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { answer } of tape.entries) {
    if (answer?.kind !== 'spilled' || found.has(answer.sha256)) continue;
    const bytes = await host.spill.get(answer.sha256);
    if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== answer.sha256)
      throw new Error('a part of the tape is not there any more');
    found.set(answer.sha256, Buffer.from(bytes).toString());
  }
  return found;
}
