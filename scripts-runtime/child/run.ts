/** One run of one script in one isolate: from its first line to what it comes to, or to what ended it. */
import { furnish, loadClassic, loadTyped } from './isolate.ts';
import type { Place, PlaceDeps, Shell, Talk } from './isolate.ts';
import type { AnswerMessage, ChildFault, FromChild, RunMessage } from './messages.ts';
import { watchOver } from './watch.ts';

export interface RunningScript {
  readonly id: string;
  readonly answer: (message: AnswerMessage) => void;
  readonly stop: () => void;
}

interface Ending {
  readonly fault: ChildFault;
  readonly message: string;
  readonly stack: string;
}

const endings: Readonly<Record<ChildFault, string>> = {
  exception: 'the script failed',
  limit: 'the script is too large',
  cpu: 'the script took more time on the processor than it has',
  timeout: 'the script took longer than it may',
  memory: 'the script took more memory than it has',
};

/** For an isolate that was ended to stand still. */
const standsStillWithinMs = 200;

const stuck = 'the script waits for something that can never happen';

/**
 * @param shell where it runs; gone when it is over
 * @param modules that a typed script may import
 * @param onOver called when the process stands ready for the next run
 */
export function startRun(
  deps: PlaceDeps,
  shell: Shell,
  message: RunMessage,
  modules: readonly string[],
  say: (message: FromChild) => void,
  onOver: () => void,
): RunningScript {
  const { id, limits } = message;
  const { isolate } = shell;
  const watch = watchOver(isolate, limits, deps.init.slackMb, onFault);
  const answers = new Map<number, (message: AnswerMessage) => void>();
  let place: Place | undefined;
  let isOver = false;
  let steps = 0;

  function onFault(fault: ChildFault): void {
    const ending = { fault, message: endings[fault], stack: '' };
    // Nobody is inside: nothing will come out any more.
    if (steps === 0) fail(ending);
    else
      setTimeout(() => {
        fail(ending, true);
      }, standsStillWithinMs);
  }

  function finish(last: FromChild): void {
    if (isOver) return;
    isOver = true;
    watch.stop();
    say(last);
    if (!isolate.isDisposed) isolate.dispose();
    if (last.type !== 'fault' || !last.spent) onOver();
  }

  /** @param spent whether the process may hold an isolate that runs on */
  function fail({ fault, message: text, stack }: Ending, spent = false): void {
    finish({ type: 'fault', id, fault, message: text, stack, cpuMs: watch.cpuMs(), spent });
  }

  const talk: Talk = {
    call(n, call, request) {
      if (!isOver) say({ type: 'call', id, n, call, request });
    },
    callNow(n, call, request) {
      const answered = Promise.withResolvers<string>();
      answers.set(n, ({ at, ok, json }) => {
        // The answer is put together as text: it is JSON already.
        answered.resolve(`{"at":${String(at)},"ok":${String(ok)},"value":${json}}`);
      });
      if (!isOver) say({ type: 'call', id, n, call, request });
      return answered.promise;
    },
    log(level, text) {
      if (!isOver) say({ type: 'log', id, level, text });
    },
    refuse(scope) {
      if (!isOver) say({ type: 'refused', id, scope });
    },
    done(outcome) {
      if (outcome.length > limits.outputChars)
        fail({
          fault: 'limit',
          message: `the script returned more than ${String(limits.outputChars)} characters`,
          stack: '',
        });
      else finish({ type: 'done', id, outcome, cpuMs: watch.cpuMs() });
    },
  };

  /** One step of the script: into the isolate, and out again when it stands still. */
  async function step(work: () => Promise<unknown>): Promise<void> {
    steps++;
    try {
      await work();
      if (!isOver && (await place?.guest.isStuck()) === true) fail({ fault: 'timeout', message: stuck, stack: '' });
    } catch (error) {
      fail(endingOf(error, watch.fault()));
    } finally {
      steps--;
    }
  }

  void step(async () => {
    place = furnish(deps, shell, message, talk);
    const { guest } = place;
    if (message.shape === 'classic')
      await guest.startClassic(await loadClassic(place, message.code), message.input, message.secrets);
    else await guest.startTyped(await loadTyped(place, message.code, modules), message.input, message.secrets);
  });

  return {
    id,
    stop() {
      finish({ type: 'stopped', id, cpuMs: watch.cpuMs() });
    },
    answer(one) {
      const now = answers.get(one.n);
      if (now) {
        answers.delete(one.n);
        now(one);
      } else void step(async () => place?.guest.answer(one.n, one.at, one.ok, one.json));
    },
  };
}

/** @param fault the watch's, which ended the isolate from outside */
function endingOf(error: unknown, fault: ChildFault | undefined): Ending {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const found =
    fault ?? (/memory limit|Isolate is disposed|Array buffer allocation failed/.test(text) ? 'memory' : 'exception');
  if (found === 'exception' || found === 'limit')
    return {
      fault: found,
      message: text.slice(0, 4096),
      stack: error instanceof Error ? (error.stack ?? '').slice(0, 16_384) : '',
    };
  return { fault: found, message: endings[found], stack: '' };
}
