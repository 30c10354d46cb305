/** Where the text of a variable comes from, and what is said where it cannot be had. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gather, type About, type Table } from '../../../server/config/sources.ts';

const table: Table = new Map<string, About>([
  ['PORT', { fallback: '80', doc: '' }],
  ['URL', { fallback: 'http://here:{PORT}/{NOTHING}', doc: '' }],
  ['NAME', { unset: 'nobody', doc: '' }],
  ['TOKEN', { unset: 'none', secret: true, doc: '' }],
]);

describe('gather', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-sources-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = (content: string): string => {
    const path = join(folder, 'secret');
    writeFileSync(path, content);
    return path;
  };

  it('falls back to defaults, made of what the others hold; a variable without one stays away', () => {
    const { values, given, problems } = gather(table, { PORT: '81' }, []);
    assert.deepEqual(values, { PORT: '81', URL: 'http://here:81/' });
    assert.deepEqual([...given], ['PORT']);
    assert.deepEqual(problems, []);
    assert.equal(gather(table, {}, []).values['URL'], 'http://here:80/');
  });

  it('leaves braces alone in what somebody set', () => {
    assert.equal(gather(table, { URL: 'http://{PORT}' }, []).values['URL'], 'http://{PORT}');
  });

  it('counts an empty variable as unset, as compose files pass it', () => {
    const { values, given } = gather(table, { PORT: '', NAME: '' }, []);
    assert.deepEqual([values['PORT'], values['NAME'], given.size], ['80', undefined, 0]);
  });

  it('reads no variable that is not on the table', () => {
    assert.deepEqual(gather(table, { PATH: '/bin', OTHER: 'x' }, []).given.size, 0);
  });

  describe('with flags', () => {
    it('takes them before the environment, with all that stands behind the first =', () => {
      const { values } = gather(table, { PORT: '81', NAME: 'a' }, ['worker', '--port=82', '--name=b=c\nd', '--help']);
      assert.deepEqual([values['PORT'], values['NAME']], ['82', 'b=c\nd']);
    });

    it('takes an empty one as said: it is no variable that nobody filled in', () => {
      const { values, given } = gather(table, { NAME: 'a' }, ['--name=']);
      assert.deepEqual([values['NAME'], given.has('NAME')], ['', true]);
    });

    for (const flag of ['--no-such=1', '--port', '--Port=1', '--__proto__=1', '--=1', '--']) {
      it(`names ${flag} as no flag, without its value`, () => {
        const { problems } = gather(table, {}, [flag]);
        const name = flag.split('=')[0];
        assert.deepEqual(problems, [{ name, holds: 'no flag', expected: 'flags are settings: --http-port=8080' }]);
      });
    }

    it('refuses a secret there, and does not repeat it', () => {
      const { problems, values } = gather(table, {}, ['--token=hunter2']);
      assert.equal(problems[0]?.name, '--token');
      assert.match(problems[0].expected, /TOKEN or TOKEN_FILE/);
      assert.doesNotMatch(JSON.stringify([problems, values]), /hunter2/);
    });
  });

  describe('with a secret in a file', () => {
    it('takes the file without its last newline, and no more of it', () => {
      for (const end of ['', '\n', '\r\n']) {
        assert.equal(gather(table, { TOKEN_FILE: file(`hunter2${end}`) }, []).values['TOKEN'], 'hunter2');
      }
      assert.equal(gather(table, { TOKEN_FILE: file(' hunter2 \n\n') }, []).values['TOKEN'], ' hunter2 \n');
    });

    it('says which file it cannot read', () => {
      const path = join(folder, 'none');
      const { problems, values } = gather(table, { TOKEN_FILE: path }, []);
      assert.equal(values['TOKEN'], undefined);
      assert.deepEqual(
        problems.map(({ name, holds }) => [name, holds]),
        [['TOKEN_FILE', JSON.stringify(path)]],
      );
    });

    it('does not choose between the file and the variable, and repeats neither', () => {
      const { problems } = gather(table, { TOKEN_FILE: file('hunter2'), TOKEN: 'hunter3' }, []);
      assert.deepEqual(
        problems.map(({ name, expected }) => [name, expected]),
        [['TOKEN_FILE', 'TOKEN is set too; keep one of them']],
      );
      assert.doesNotMatch(JSON.stringify(problems), /hunter/);
    });

    it('reads no file for what is no secret', () => {
      assert.equal(gather(table, { PORT_FILE: file('81') }, []).values['PORT'], '80');
    });
  });
});
