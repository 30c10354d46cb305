/** The child: runs one script at a time, says what it asks for, and can do nothing else. */
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { compileSource } from './compile.ts';
import { frameOf, frameReader } from './frames.ts';
import type { Ivm, PlaceDeps } from './isolate.ts';
import type { FromChild, InitMessage, ToChild } from './messages.ts';
import { startRun } from './run.ts';
import type { RunningScript } from './run.ts';
import { createSpare } from './spare.ts';

/** Where the platform is: a socket, whatever the standard streams are used for. */
const descriptor = 3;
const maxBytes = 16 * 1024 * 1024;

interface Addon {
  readonly ivm: Ivm;
}

// Scripts see UTC, whatever the machine is set to.
process.env['TZ'] = 'UTC';
const [, , addonPath = ''] = process.argv;
// eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- what the addon of this path exports
const { ivm } = createRequire('/')(addonPath) as Addon;

const socket = new Socket({ fd: descriptor, readable: true, writable: true });
const say = (message: FromChild): void => {
  socket.write(frameOf(message));
};

/** How whoever started this process learns that there was no memory left. */
const noMemory = 70;

function onCatastrophe(): void {
  process.exit(noMemory);
}

let init: InitMessage | undefined;
let running: RunningScript | undefined;
let modules: readonly string[] = [];
const spare = createSpare();

function deps(): PlaceDeps {
  if (init === undefined) throw new Error('nothing was said before');
  return { ivm, init, onCatastrophe };
}

function onMessage(json: string): void {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- the platform is trusted here, never the other way round
  const message = JSON.parse(json) as ToChild;
  switch (message.type) {
    case 'init':
      init = message;
      modules = message.modules;
      spare.renew(deps(), message.heapMb);
      say({ type: 'ready' });
      return;
    case 'run': {
      const shell = spare.take(deps(), message.limits.heapMb);
      say({ type: 'begun', id: message.id });
      running = startRun(deps(), shell, message, modules, say, () => {
        spare.renew(deps(), message.limits.heapMb);
      });
      return;
    }
    case 'answer':
      if (running?.id === message.id) running.answer(message);
      return;
    case 'stop':
      if (running?.id === message.id) running.stop();
      return;
    case 'compile':
      void compileSource(deps(), message).then((result) => {
        say({ type: 'compiled', id: message.id, result });
      });
  }
}

socket.on('data', frameReader(maxBytes, onMessage));
// The platform is gone: there is nothing left to do for anybody.
socket.on('close', () => process.exit(0));
socket.on('error', () => process.exit(0));
