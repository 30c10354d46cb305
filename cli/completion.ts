/** Completion for shells, made from the table of commands. */
import { commonOptions, type Command } from './command.ts';
import { exits, failure } from './failure.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** Of each command, what may stand after it. */
function wordsAfter(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const after = new Map<string, Set<string>>([['', new Set(['help'])]]);
  for (const { name, options = [] } of commands) {
    const [first = '', second] = name.split(' ');
    after.get('')?.add(first);
    const own = after.get(first) ?? new Set<string>();
    after.set(first, own);
    if (second !== undefined) own.add(second);
    for (const option of [...options, ...commonOptions]) own.add(`--${option.name}`);
  }
  return new Map([...after].map(([word, words]) => [word, [...words]]));
}

function script(shell: (typeof shells)[number], commands: readonly Command[]): string {
  const after = wordsAfter(commands);
  if (shell === 'fish') {
    return [...after]
      .flatMap(([word, words]) => {
        const when = word === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${word}`;
        return words.map((one) =>
          one.startsWith('--')
            ? `complete -c gatehouse -f -n '${when}' -l ${one.slice(2)}`
            : `complete -c gatehouse -f -n '${when}' -a ${one}`,
        );
      })
      .map((line) => `${line}\n`)
      .join('');
  }
  const cases = [...after]
    .filter(([word]) => word !== '')
    .map(([word, words]) => `    ${word}) words='${words.join(' ')}' ;;`);
  const begin = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
  return `${begin}_gatehouse() {
  local words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ "$COMP_CWORD" -le 1 ]; then words='${(after.get('') ?? []).join(' ')}'; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _gatehouse -o default gatehouse
`;
}

/** @param all every command, the one that is made here too */
export function completion(all: () => readonly Command[]): Command {
  return {
    name: 'completion',
    help: 'Print the completion for bash, zsh or fish, e.g. eval "$(gatehouse completion bash)".',
    words: ['SHELL'],
    run({ words, around }) {
      const shell = shells.find((one) => one === words[0]);
      if (shell === undefined) throw failure(exits.usage, `Shells are ${shells.join(', ')}.`);
      around.out(script(shell, all()));
      return Promise.resolve(undefined);
    },
  };
}
