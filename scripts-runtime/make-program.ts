/** Writes the programs of child and isolate as JSON: the files of each made one, their types left out. Runs by itself, once at a start. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

const importOfOurs = /^import\s[^;]*?from '\.\/([^']+)';\n/gm;
const exported = /^export (?=const|let|function|async|class)/gm;
/** `export { … } from` and `export type`, of which a joined program has no use. */
const leftOver = /^export .*$/m;

/** The files below an entry, each after those that it needs. */
function joined(folder: string, entry: string): string {
  const seen = new Set<string>();
  const parts: string[] = [];
  const add = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const code = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, folder, name), 'utf8'));
    for (const [, needed = ''] of code.matchAll(importOfOurs)) add(needed);
    const part = code.replace(importOfOurs, '').replace(exported, '');
    const wrong = leftOver.exec(part);
    if (wrong) throw new Error(`${folder}/${name} cannot be joined: ${wrong[0]}`);
    parts.push(part);
  };
  add(entry);
  return parts.join('\n').replace(/^ *\n/gm, '');
}

const guest = `(function ($0, $1, $2, $3, $4, $5, $6) { 'use strict';
const host = {
  call: $0,
  callNow: (n, call, request) => $1.applySyncPromise(undefined, [n, call, request]),
  log: $2,
  native: $3,
  done: $4,
  refuse: $5,
};
const settings = JSON.parse($6);
${joined('guest', 'start.ts')}
return guest;
})`;

process.stdout.write(JSON.stringify({ child: joined('child', 'main.ts'), guest }));
