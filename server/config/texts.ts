/** The table of settings as people read it: `--help` and `.env.example`. */
import type { About, Table } from './sources.ts';

/** Breaks a text into lines of at most `width` characters. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const defaultOf = (about: About): string => about.fallback ?? about.unset ?? 'unset';

/** What `--help` prints. */
export function helpText(table: Table): string {
  const settings = [...table].flatMap(([name, about]) => [
    `  ${name}${about.secret ? ` (or ${name}_FILE)` : ''}  [${defaultOf(about)}]`,
    ...wrap(about.doc, 92).map((line) => `      ${line}`),
  ]);
  return [
    'Gatehouse: an identity platform whose logins are durable workflows.',
    '',
    'Settings are environment variables; those that are no secrets may be flags as well (--http-port=8081).',
    'A secret may stand in a file named by NAME_FILE. The default is in brackets.',
    '',
    ...settings,
    '',
  ].join('\n');
}

/** The content of `.env.example`: every setting, commented out, at its default. */
export function envExample(table: Table): string {
  const settings = [...table].flatMap(([name, about]) => [
    '',
    ...wrap(about.doc, 110).map((line) => `# ${line}`),
    ...(about.fallback === undefined ? [`# Unset: ${about.unset ?? 'nothing'}.`] : []),
    `#${name}=${(about.fallback ?? '').replace(/\{([A-Z_]+)\}/g, (_, other: string) => table.get(other)?.fallback ?? '')}`,
  ]);
  return [
    '# Every setting of Gatehouse at its default. Secrets may be given as NAME_FILE, the path of a file that holds them.',
    ...settings,
    '',
  ].join('\n');
}
