/** From arguments to an exit code. */
import { parseArgs } from 'node:util';
import { createApi } from './api.ts';
import { commands } from './commands.ts';
import { completion } from './completion.ts';
import { commonOptions, type Command, type Invocation, type Surroundings } from './command.ts';
import { exitOf, exits, failure } from './failure.ts';
import { commandHelp, overview } from './help.ts';
import { plain } from './output.ts';

const all: readonly Command[] = [...commands, completion(() => all)];

/** The command that the arguments begin with, of one or two words: of two, where there is one. */
function commandIn(args: readonly string[]): Command | undefined {
  const longestFirst = all.toSorted((one, other) => other.name.split(' ').length - one.name.split(' ').length);
  return longestFirst.find(({ name }) => name.split(' ').every((word, at) => args[at] === word));
}

/** Where more was said than a command takes that others begin with, one of those was meant. */
function misuse({ name, words = [] }: Command, said: readonly string[]): Error {
  const [next = ''] = said;
  const isFirstWord = words.length === 0 && all.some((one) => one.name.startsWith(`${name} `));
  if (isFirstWord) return failure(exits.usage, `There is no command ${plain(`${name} ${next}`)}. See gatehouse help.`);
  return failure(exits.usage, `Use it as: gatehouse ${[name, ...words].join(' ')}`);
}

function read(command: Command, args: readonly string[]) {
  const declared = [...(command.options ?? []), ...commonOptions];
  const options = Object.fromEntries(
    declared.map(({ name, value }) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  for (const { name, choices } of declared) {
    const value = values[name];
    if (choices !== undefined && typeof value === 'string' && !choices.includes(value))
      throw failure(exits.usage, `--${name} is one of ${choices.join(', ')}.`);
  }
  const wanted = command.words ?? [];
  if (values['help'] !== true && positionals.length !== wanted.length) throw misuse(command, positionals);
  return { values, words: positionals };
}

/** @returns an exit code, see failure.ts; nothing is thrown */
export async function run(args: readonly string[], around: Surroundings): Promise<number> {
  try {
    const command = commandIn(args);
    if (command === undefined) {
      const [word = 'help'] = args;
      if (['help', '--help', '-h'].includes(word)) {
        around.out(overview(all));
        return args.length === 0 ? exits.usage : exits.done;
      }
      throw failure(exits.usage, `There is no command ${plain(args.slice(0, 2).join(' '))}. See gatehouse help.`);
    }
    const { values, words } = read(command, args.slice(command.name.split(' ').length));
    if (values['help'] === true) {
      around.out(commandHelp(command));
      return exits.done;
    }
    const option = (name: string): string | undefined => {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    };
    const invocation: Invocation = {
      around,
      words,
      option,
      has: (name) => values[name] === true,
      async signedIn() {
        const name = option('profile') ?? 'default';
        const profile = await around.profiles.find(name);
        if (profile === undefined)
          throw failure(exits.unreachable, `Nobody is signed in as ${plain(name)}: run gatehouse login.`);
        return { profile, api: createApi(profile, around.signal), tenant: option('tenant') ?? profile.tenant };
      },
      show(json, text) {
        around.out(values['json'] === true ? `${JSON.stringify(json)}\n` : text);
      },
    };
    return (await command.run(invocation)) ?? exits.done;
  } catch (error) {
    const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
    const message = error instanceof Error ? plain(error.message, true) : 'It failed.';
    around.say(`${around.signal.aborted ? 'Interrupted.' : message}\n`);
    return isUsage ? exits.usage : (exitOf(error) ?? exits.refused);
  }
}
