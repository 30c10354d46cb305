/** The table of settings as people read it. */
import assert from 'node:assert/strict';
import type { About, Table } from '../../../server/config/sources.ts';
import { envExample, helpText } from '../../../server/config/texts.ts';

const long = Array.from({ length: 60 }, (_, n) => `word${String(n)}`).join(' ');
const table: Table = new Map<string, About>([
  ['PORT', { fallback: '80', doc: 'Port to listen on.' }],
  ['URL', { fallback: 'http://here:{PORT}', doc: long }],
  ['TOKEN', { unset: 'nobody gets in', secret: true, doc: 'Bearer token.' }],
  ['NAME', { doc: 'A name.' }],
]);

describe('helpText', () => {
  it('shows every setting with its default, or what unset means, and its doc below', () => {
    const text = helpText(table);
    assert.match(text, /^ {2}PORT {2}\[80\]\n {6}Port to listen on\.$/m);
    assert.match(text, /^ {2}URL {2}\[http:\/\/here:\{PORT\}\]$/m);
    assert.match(text, /^ {2}NAME {2}\[unset\]\n {6}A name\.$/m);
  });

  it('says that a secret may stand in a file, and that nothing else may', () => {
    const text = helpText(table);
    assert.match(text, /^ {2}TOKEN \(or TOKEN_FILE\) {2}\[nobody gets in\]$/m);
    assert.doesNotMatch(text, /PORT_FILE/);
  });

  it('fits into a terminal, and loses no word', () => {
    const text = helpText(table);
    for (const line of text.split('\n')) assert.ok(line.length <= 120, line);
    assert.ok(text.replaceAll(/\s+/g, ' ').includes(long));
  });
});

describe('envExample', () => {
  it('holds every setting, commented out, at the default that it would have', () => {
    const text = envExample(table);
    assert.match(text, /^# Port to listen on\.\n#PORT=80$/m);
    assert.match(text, /^#URL=http:\/\/here:80$/m);
    assert.match(text, /^# Bearer token\.\n# Unset: nobody gets in\.\n#TOKEN=$/m);
    assert.match(text, /^# Unset: nothing\.\n#NAME=$/m);
  });

  it('sets nothing as it stands: every line is a comment or empty', () => {
    for (const line of envExample(table).split('\n')) assert.match(line, /^(#.*)?$/);
  });

  it('loses no word of a long doc, and keeps its lines short', () => {
    const text = envExample(table);
    for (const line of text.split('\n')) assert.ok(line.length <= 120, line);
    assert.ok(text.replaceAll(/\s+#?\s*/g, ' ').includes(long));
  });
});
