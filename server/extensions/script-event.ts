/** A run of a script as an audit event: how it went, and what it was given and said only while somebody debugs it. */
import type { ConsoleLine, JsonValue, RunOutcome, StackFrame } from '../../scripts-runtime/index.ts';
import { formatDuration } from '../kernel/duration.ts';
import type { EventMetadata, NewEvent } from '../kernel/events.ts';
import type { ExecutionPoint } from '../../scripts-runtime/index.ts';
import type { ScriptPlace } from './script.ts';

export interface ExecutedScript {
  readonly script: ScriptPlace & { readonly name?: string };
  readonly version: string;
  readonly point: ExecutionPoint;
  /** What became of it, e.g. `passed`; the reference of its run, where one is kept. */
  readonly outcome: string;
  readonly reference?: string;
  readonly metadata: EventMetadata;
  readonly result: RunOutcome;
  /** Milliseconds; since the epoch. */
  readonly wallMs: number;
  readonly at: number;
  /** Everything that may hold personal data. Undefined unless somebody debugs the script; secrets are struck out. */
  readonly told:
    { readonly input: JsonValue; readonly output: JsonValue; readonly console: readonly ConsoleLine[] } | undefined;
}

/** Characters of each part: events are listed by the hundred. */
const longestPart = 16 * 1024;

/** Published as `ScriptExecutionAuditPayload`; `version`, `outcome`, `reference` and `stack` are ours. */
export function executionEvent(executed: ExecutedScript): NewEvent {
  const { script, version, point, outcome, reference, result, wallMs, at, told } = executed;
  return {
    tenantId: script.tenantId,
    workspaceId: script.workspaceId,
    subject: 'script',
    action: 'executed',
    metadata: executed.metadata,
    payload: {
      script_executed: {
        script_id: script.id,
        ...(script.name === undefined ? {} : { script_name: script.name }),
        execution_point: point,
        executed_at: new Date(at).toISOString(),
        duration: formatDuration(Math.round(wallMs)),
        log_level: told === undefined ? 'info' : 'debug',
        version,
        outcome,
        ...(reference === undefined ? {} : { reference }),
        ...failureOf(result, told !== undefined),
        ...(told === undefined ? {} : partsOf(told)),
      },
    },
  };
}

/** Which kind of failure and where; its words may be about a person. */
function failureOf(result: RunOutcome, isDebugged: boolean): object {
  if (result.kind === 'host_crash') return { error: 'host_crash' };
  if (result.kind !== 'error') return {};
  const { fault, message, stack } = result;
  return {
    error: fault,
    ...(stack.length === 0 ? {} : { stack: stack.slice(0, 5).map(frame) }),
    ...(isDebugged ? { caught_err: message.slice(0, longestPart) } : {}),
  };
}

const frame = ({ line, column }: StackFrame): string => `script:${String(line)}:${String(column)}`;

function partsOf({ input, output, console }: NonNullable<ExecutedScript['told']>): object {
  const said = (wanted: boolean): string =>
    console
      .filter(({ level }) => (level === 'warn' || level === 'error') === wanted)
      .map(({ text }) => `${text}\n`)
      .join('')
      .slice(0, longestPart);
  return { input: bounded(input), output: bounded(output), stdout: said(false), stderr: said(true) };
}

function bounded(value: JsonValue): JsonValue {
  const { length } = JSON.stringify(value);
  return length <= longestPart ? value : { truncated: true, characters: length };
}

/** What a run came to, as one value: of a typed script its effects. @param result without secrets */
export function outputOf(result: RunOutcome): JsonValue {
  switch (result.kind) {
    case 'ok':
      return result.output ?? { effects: result.effects.map((one): JsonValue => ({ ...one })) };
    case 'denied':
      return { denied: result.reason, details: result.details };
    case 'suspended':
      return { suspended: result.suspend, request: result.request };
    case 'error':
    case 'host_crash':
      return {};
  }
}
