/** One child from outside: a process, a socket to it, and no belief in what it says. */
import { spawn } from 'node:child_process';
import type { Duplex, Writable } from 'node:stream';
import { frameOf, frameReader } from './child/frames.ts';
import type { ToChild } from './child/messages.ts';
import type { Launch } from './launch.ts';
import { bounds, defaultLimits } from './limits.ts';
import { modulesOfPoints } from './script.ts';
import { fromChildSchema } from './protocol.ts';
import type { ChildSays } from './protocol.ts';
import type { Program } from './program.ts';
import { residentOf } from './resident.ts';

export interface ChildEnd {
  /** `memory`: V8 had none left. `forged`: it said what no child of ours says. */
  readonly kind: 'memory' | 'crashed' | 'killed' | 'forged';
  readonly detail: string;
}

export interface Child {
  send(message: ToChild): void;
  /** Whoever listens is told everything from then on; what is said when nobody does is forged. */
  listen(onMessage: ((message: ChildSays) => void) | undefined): void;
  /** Ends it at once. */
  kill(kind: 'killed' | 'forged', detail: string): void;
  /** Whether it is dead or dying. */
  isGone(): boolean;
  /** Megabytes of 2^20 bytes; undefined where the system does not say. */
  residentMb(): Promise<number | undefined>;
  readonly ended: Promise<ChildEnd>;
}

/** Exit status of a child that ran out of memory (`child/main.ts`). */
const noMemory = 70;
/** From the spawn to its first word, on a machine that is busy. */
const readyWithinMs = 20_000;
const keptErrorChars = 2_000;
/** What a run takes beside its heap: the context, code, buffers on their way. */
const slackMb = 64;

/** @throws Error with what the process said when it does not get ready */
export async function startChild(launch: Launch, program: Program): Promise<Child> {
  const started = spawn(launch.command, launch.args, { env: {}, cwd: '/', stdio: ['pipe', 'ignore', 'pipe', 'pipe'] });
  const ended = Promise.withResolvers<ChildEnd>();
  const resident = residentOf(started.pid);
  let told: ChildEnd | undefined;
  let lastWords = '';
  let listener: ((message: ChildSays) => void) | undefined;

  function kill(kind: 'killed' | 'forged', detail: string): void {
    told ??= { kind, detail };
    started.kill('SIGKILL');
  }
  started.on('error', (error) => {
    ended.resolve({ kind: 'crashed', detail: error.message });
  });
  started.on('close', (code, signal) => {
    resident.close();
    const status = code === null ? String(signal) : `status ${String(code)}`;
    const kind = code === noMemory || /out of memory|OOM/i.test(lastWords) ? 'memory' : 'crashed';
    ended.resolve(told ?? { kind, detail: `${status} ${lastWords}`.trim() });
  });
  started.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-keptErrorChars);
  });

  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- `pipe` at this place makes a socket
  const socket = started.stdio[3] as Duplex;
  for (const stream of [socket, started.stdin, started.stderr]) stream?.on('error', () => undefined);
  const read = frameReader(bounds.frameFromChildBytes, (json) => {
    if (told !== undefined) return;
    const message = parsed(json);
    if (message === undefined || listener === undefined)
      kill('forged', message === undefined ? 'a message that is none' : `"${message.type}" when nothing was asked`);
    else listener(message);
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      kill('forged', error instanceof Error ? error.message : 'a message that is none');
    }
  });
  sendProgram(started.stdin, program.child);

  const child: Child = {
    send(message) {
      socket.write(frameOf(message));
    },
    listen(onMessage) {
      listener = onMessage;
    },
    kill,
    isGone: () => told !== undefined || started.exitCode !== null || started.signalCode !== null,
    residentMb: () => resident.mb(),
    ended: ended.promise,
  };
  await introduced(child, program);
  return child;
}

function sendProgram(input: Writable | null, source: string): void {
  input?.end(source);
}

function parsed(json: string): ChildSays | undefined {
  try {
    return fromChildSchema.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** Tells it what it needs once, and waits for its first word. */
async function introduced(child: Child, program: Program): Promise<void> {
  const ready = Promise.withResolvers<undefined>();
  child.listen((message) => {
    if (message.type === 'ready') ready.resolve(undefined);
    else child.kill('forged', `"${message.type}" as its first word`);
  });
  const { guest, libraries } = program;
  const sizes = { heapMb: defaultLimits.heapMb, slackMb };
  child.send({ type: 'init', guest, libraries, modules: Object.values(modulesOfPoints), ...sizes });
  const timer = setTimeout(() => {
    child.kill('killed', 'it did not get ready in time');
  }, readyWithinMs);
  const first = await Promise.race([ready.promise, child.ended]);
  clearTimeout(timer);
  child.listen(undefined);
  if (first !== undefined) throw new Error(first.detail);
}
