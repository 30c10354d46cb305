/** What the command line says of itself. */
import { commonOptions, type Command, type Option } from './command.ts';
import { table } from './output.ts';

const optionName = ({ name, value }: Option) => `  --${name}${value === undefined ? '' : ` ${value}`}`;
const optionHelp = ({ help, choices }: Option) => (choices === undefined ? help : `${help}: ${choices.join(', ')}`);

export function overview(commands: readonly Command[]): string {
  const list = commands.map(({ name, words = [], help }) => [`  ${[name, ...words].join(' ')}`, help]);
  return `gatehouse: administer a Gatehouse deployment

${table(['Commands', ''], list)}
Every command takes --json, --profile, --tenant and --help. Results go to the standard output, all else to standard
error. Exit codes: 0 done, 1 the server refused or failed, 2 wrong usage, 3 import --dry-run or scripts shadow found
changes, 4 not signed in or no server.
`;
}

export function commandHelp({ name, words = [], help, options = [] }: Command): string {
  const list = [...options, ...commonOptions].map((option) => [optionName(option), optionHelp(option)]);
  return `gatehouse ${[name, ...words].join(' ')}\n\n${help}\n\n${table(['Options', ''], list)}`;
}
