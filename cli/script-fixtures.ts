/** `gatehouse scripts test`: runs a script on this machine, in the isolate that logins use, against what a file says should come of it. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type {
  CompileResult,
  JsonValue,
  RunResult,
  Script,
  ScriptHost,
  ScriptsRuntime,
  Tape,
} from '../scripts-runtime/index.ts';
import type { Command } from './command.ts';
import { exits, failure } from './failure.ts';
import { plain } from './output.ts';
import { textOf } from './text-file.ts';

const json = z.json();
const members = z.record(z.string(), json);

const answer = z.strictObject({
  method: z.string().default('GET'),
  url: z.url(),
  status: z.int().min(200).max(599).default(200),
  headers: z.record(z.string(), z.string()).default({}),
  json: json.optional(),
  text: z.string().optional(),
});

const fixture = z.strictObject({
  name: z.string().min(1),
  /** `context` of a classic script, `event` of a typed one. */
  input: members.default({}),
  secrets: z.record(z.string(), z.string()).default({}),
  /** What requests of the script are answered, each once, in their order. */
  fetch: z.array(answer).default([]),
  /** What `redirect`, `approval` and `sleep` are answered, in their order. */
  resumes: z.array(json).default([]),
  /** When it runs. */
  at: z.iso.datetime({ offset: true }).default('2026-01-01T00:00:00Z'),
  /** Members of the outcome that have to be just so; others may be anything. */
  expect: z.strictObject({
    kind: z.enum(['ok', 'denied', 'suspended', 'error']).default('ok'),
    output: json.optional(),
    effects: z.array(members).optional(),
    reason: z.string().optional(),
    details: members.optional(),
    suspend: z.string().optional(),
    request: members.optional(),
    fault: z.string().optional(),
    message: z.string().optional(),
  }),
});
type Fixture = z.infer<typeof fixture>;
const fixtures = z.array(fixture).min(1);

interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  /** Why not, in lines. */
  readonly faults: readonly string[];
  readonly console: readonly string[];
}

/** Nothing leaves this machine: a request that no answer was written for has none. */
function hostOf({ name, fetch: answers, at }: Fixture, refused: string[]): ScriptHost {
  const left = [...answers];
  const cached = new Map<string, string>();
  const spilled = new Map<string, Uint8Array>();
  let now = Date.parse(at);
  let drawn = 0;
  return {
    fetch(url, { method }) {
      const next = left.findIndex((one) => one.url === url && one.method === method);
      const [found] = next < 0 ? [] : left.splice(next, 1);
      if (found === undefined) {
        refused.push(`no answer is written for ${method} ${url}`);
        return Promise.reject(new Error('no answer'));
      }
      const { status, headers, json: body, text } = found;
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const sent = text ?? (body === undefined ? null : JSON.stringify(body));
      return Promise.resolve(new Response(sent, { status, headers: { ...type, ...headers } }));
    },
    cache: {
      get: (key) => Promise.resolve(cached.get(key)),
      set: (key, value) => Promise.resolve(void cached.set(key, value)),
      incr(key, by) {
        const value = Number(cached.get(key) ?? 0) + by;
        cached.set(key, String(value));
        return Promise.resolve(value);
      },
    },
    spill: {
      put: (sha256, bytes) => Promise.resolve(void spilled.set(sha256, bytes)),
      get: (sha256) => Promise.resolve(spilled.get(sha256)),
    },
    now: () => (now += 1),
    // The same each time, so that what is made of it can be expected.
    randomBytes(length) {
      const blocks: Buffer[] = [];
      for (let size = 0; size < length; size += 32)
        blocks.push(
          createHash('sha256')
            .update(`${name} ${String(drawn++)}`)
            .digest(),
        );
      return Buffer.concat(blocks).subarray(0, length);
    },
  };
}

async function runFixture(runtime: ScriptsRuntime, script: Script, one: Fixture): Promise<Outcome> {
  const refused: string[] = [];
  const host = hostOf(one, refused);
  const resumes = [...one.resumes];
  const said: string[] = [];
  let going: { readonly tape: Tape; readonly answer: JsonValue } | undefined;
  for (;;) {
    const { input, secrets } = one;
    const result = await runtime.run({ tenant: 'local', script, input, secrets, host, ...going });
    if (result.kind === 'busy' || result.kind === 'host_crash') throw failure(exits.refused, result.message);
    said.push(...result.console.map(({ level, text }) => `${level}: ${text}`));
    const next = resumes.shift();
    if (result.kind !== 'suspended' || next === undefined) {
      const faults = [...faultsOf(result, one.expect), ...(result.kind === 'error' ? refused : [])];
      return { name: one.name, passed: faults.length === 0, faults, console: said };
    }
    going = { tape: result.tape, answer: next };
  }
}

function faultsOf(result: Exclude<RunResult, { kind: 'busy' }>, expected: Fixture['expect']): readonly string[] {
  const wanted = Object.entries(expected).filter(([, value]) => value !== undefined);
  const faults = wanted.flatMap(([name, value]) => {
    const found: unknown = Reflect.get(result, name);
    // As JSON: what a member leaves out and what it says as undefined are one.
    const same = isDeepStrictEqual(found === undefined ? undefined : JSON.parse(JSON.stringify(found)), value);
    return same
      ? []
      : [
          `${name} is ${found === undefined ? 'not there' : JSON.stringify(found)}, and ${JSON.stringify(value)} was expected`,
        ];
  });
  const isWrongError = result.kind === 'error' && faults.length > 0 && expected.message === undefined;
  return isWrongError ? [...faults, result.message, ...stackOf(result)] : faults;
}

const stackOf = ({ stack }: Extract<RunResult, { kind: 'error' }>): readonly string[] =>
  stack.map(({ name, line, column }) => `    at ${name} (script:${String(line)}:${String(column)})`);

/** @throws Error with each place that does not compile */
function compiled(result: CompileResult, file: string): Script {
  if (result.kind === 'ok') return result.script;
  if (result.kind !== 'refused') throw failure(exits.refused, result.message);
  const problems = result.problems.map(({ line, column, message }) => {
    const place = line === undefined ? '' : `:${String(line)}:${String(column ?? 1)}`;
    return `${file}${place}: ${message}`;
  });
  throw failure(exits.refused, problems.join('\n'));
}

async function readFixtures(file: string): Promise<readonly Fixture[]> {
  const text = await textOf(file);
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (cause) {
    throw failure(exits.usage, `${file} is no JSON: ${cause instanceof Error ? cause.message : ''}`);
  }
  const parsed = fixtures.safeParse(read);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${file} /${path.join('/')}: ${message}`);
  throw failure(exits.usage, problems.join('\n'));
}

export const testCommand: Command = {
  name: 'scripts test',
  help: 'Run the script in FILE on this machine against each of the FIXTURES, a JSON file; nobody has to be signed in.',
  words: ['FILE', 'FIXTURES'],
  options: [
    {
      name: 'point',
      value: 'POINT',
      choices: ['post_authn_ctx', 'allowed_idp_ids', 'token_minting', 'client_token_minting'],
      help: 'where a classic script runs (default: post_authn_ctx)',
    },
    {
      name: 'isolation',
      value: 'KIND',
      choices: ['namespaces', 'none'],
      help: 'none where this machine has no Linux namespaces, and for scripts of your own alone (default: namespaces)',
    },
  ],
  async run({ around, option, words: [file = '', list = ''], show }) {
    const all = await readFixtures(list);
    const source = await textOf(file);
    // Other commands do without it, and start the quicker.
    const { startScriptsRuntime, executionPoints } = await import('../scripts-runtime/index.ts');
    const point = executionPoints.find((one) => one === option('point')) ?? 'post_authn_ctx';
    const isolation = option('isolation') === 'none' ? 'none' : 'namespaces';
    const runtime = await startScriptsRuntime({ isolation, children: 1 });
    try {
      const script = compiled(await runtime.compile({ tenant: 'local', source, point }), file);
      const outcomes: Outcome[] = [];
      for (const one of all) {
        if (around.signal.aborted) throw failure(exits.refused, 'Interrupted.');
        outcomes.push(await runFixture(runtime, script, one));
      }
      const failed = outcomes.filter(({ passed }) => !passed).length;
      const lines = outcomes.flatMap(({ name, passed, faults, console }) => [
        `${passed ? 'passed' : 'FAILED'}  ${plain(name)}`,
        ...faults.map((fault) => `  ${plain(fault, true)}`),
        ...(passed ? [] : console.map((line) => `  ${plain(line)}`)),
      ]);
      const sum = `${String(outcomes.length - failed)} passed, ${String(failed)} failed`;
      show(outcomes, `${[...lines, sum].join('\n')}\n`);
      return failed === 0 ? undefined : exits.refused;
    } finally {
      await runtime.stop();
    }
  },
};
