/** Runs a script once: its tape, its secrets, its limits, a child, and another child when that one dies. */
import type { ChildUse } from './child-use.ts';
import { createCalls } from './calls.ts';
import { createConsoleKeeper } from './console-keeper.ts';
import type { ConsoleKeeper } from './console-keeper.ts';
import { canonical } from './json.ts';
import type { JsonValue } from './json.ts';
import { bounds, limitsOf } from './limits.ts';
import type { Limits } from './limits.ts';
import { createRedaction } from './redaction.ts';
import { createRefusals } from './refusals.ts';
import type { Refusals } from './refusals.ts';
import type { RunOutcome, RunRequest, RunResult } from './run.ts';
import { runSlice } from './slice.ts';
import type { SliceEnd } from './slice.ts';
import { beginTape, digestOf, suspensionOf } from './tape.ts';
import type { Tape } from './tape.ts';
import { createTapeDeck } from './tape-deck.ts';

/** @throws TypeError for a request that cannot be run: too large, or an answer that nothing waits for */
export async function runScript(use: ChildUse, request: RunRequest): Promise<RunResult> {
  const input = canonical(request.input);
  if (input.length > bounds.inputBytes)
    throw new TypeError(`the input has more than ${String(bounds.inputBytes)} characters`);
  const limits = limitsOf(request.limits);
  const tape = tapeOf(request);
  const redaction = createRedaction(request.secrets, tape.mark);
  const began = performance.now();
  const refusals = createRefusals();
  let keeper = createConsoleKeeper(limits.consoleBytes, redaction);
  const record = (outcome: RunOutcome, after: Tape, cpuMs: number): RunResult => {
    const said = outcome.kind === 'error' ? { ...outcome, message: redaction.hideText(outcome.message) } : outcome;
    const wallMs = performance.now() - began;
    const { lines, truncated } = keeper;
    const left = { console: lines, consoleTruncated: truncated, refused: refusals.all() };
    return { ...said, tape: after, ...left, cpuMs, wallMs };
  };
  const misfit = misfitOf(request, tape, input, limits);
  if (misfit) return record(misfit, tape, 0);

  const lent = await use.with(request.tenant, async (next) => {
    const attempt = async (before: Tape): Promise<SliceEnd> => {
      // What the first attempt said would be said twice.
      keeper = createConsoleKeeper(limits.consoleBytes, redaction);
      return runOnce({ request, limits, input, tape: before, keeper, refusals, child: await next() });
    };
    const first = await attempt(tape);
    // What was answered before it died is on the tape: nothing is asked twice.
    return first.kind === 'died' && (first.end.kind === 'crashed' || diedBefore(first)) ? attempt(first.tape) : first;
  });
  if (lent.kind !== 'done')
    return lent.kind === 'busy'
      ? { kind: 'busy', message: lent.message }
      : record({ kind: 'host_crash', message: lent.message }, tape, 0);
  const end = lent.value;
  if (end.kind === 'ended') return record(end.outcome, end.tape, end.cpuMs);
  return record(deathOf(end), end.tape, 0);
}

interface Once {
  readonly request: RunRequest;
  readonly limits: Limits;
  readonly input: string;
  readonly tape: Tape;
  readonly keeper: ConsoleKeeper;
  readonly refusals: Refusals;
  readonly child: Parameters<typeof runSlice>[0]['child'];
}

async function runOnce({ request, limits, input, tape, keeper, refusals, child }: Once): Promise<SliceEnd> {
  const { script, secrets, host, mode = 'live', net = [], absent = [] } = request;
  const over = new AbortController();
  const redaction = createRedaction(secrets, tape.mark);
  try {
    const deck = await createTapeDeck({ tape, mode, host, redaction });
    const rules = script.shape === 'classic' ? net : script.manifest.net;
    const fetch = { fetch: host.fetch, rules, secrets, limits };
    const calls = createCalls({ host, fetch, limits, over: over.signal, now: host.now });
    const options = { child, script, absent, input, secrets: canonical(secrets), tape, deck, calls, limits };
    return await runSlice({ ...options, console: keeper, refusals });
  } finally {
    over.abort();
  }
}

/** The tape to go on with: a new one, or the given one with what its last call is answered. */
function tapeOf({ script, input, host, tape, answer }: RunRequest): Tape {
  const waits = tape && suspensionOf(tape);
  if (answer !== undefined && !waits) throw new TypeError('an answer is for a tape that waits for one');
  if (tape && waits)
    return { ...tape, entries: [...tape.entries.slice(0, -1), ...answered(waits, answer, host.now())] };
  if (tape) return tape;
  return beginTape({ script: script.sha256, input, at: host.now() }, host.randomBytes);
}

/** Without an answer the call stays open: a replay ends where the login waits. */
function answered(waits: Tape['entries'][number], answer: JsonValue | undefined, now: number): Tape['entries'] {
  if (answer === undefined) return [waits];
  return [{ ...waits, at: Math.max(now, waits.at), answer: { kind: 'value', json: canonical(answer) } }];
}

function misfitOf(
  { script, mode = 'live' }: RunRequest,
  tape: Tape,
  text: string,
  limits: Limits,
): RunOutcome | undefined {
  const fault = (kind: 'diverged' | 'limit', message: string): RunOutcome => ({
    kind: 'error',
    fault: kind,
    message,
    stack: [],
  });
  if (Buffer.byteLength(script.code) > limits.sourceBytes)
    return fault('limit', `the script has more than ${String(limits.sourceBytes)} bytes`);
  if (mode !== 'shadow' && tape.script !== script.sha256)
    return fault('diverged', 'the tape is of another version of the script');
  if (tape.input !== digestOf(text)) return fault('diverged', 'the tape is of another input');
  return undefined;
}

type Death = Extract<SliceEnd, { kind: 'died' }>;

/** In the pause, where it makes the next isolate: there was no memory left before the script had any. */
const diedBefore = ({ end, hadBegun }: Death): boolean => end.kind === 'memory' && !hadBegun;

function deathOf(death: Death): RunOutcome {
  const { end } = death;
  if (end.kind === 'memory' && !diedBefore(death))
    return { kind: 'error', fault: 'memory', message: 'the script took more memory than it has', stack: [] };
  return {
    kind: 'host_crash',
    message: end.kind === 'forged' ? `its process was not itself: ${end.detail}` : 'its process died',
  };
}
