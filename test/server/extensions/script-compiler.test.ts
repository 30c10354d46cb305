import assert from 'node:assert/strict';
import type { CompileRequest, CompileResult } from '../../../scripts-runtime/index.ts';
import { createScriptCompiler } from '../../../server/extensions/script-compiler.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { classicSource, compileByFirstLine, typedSource } from '../../support/script-compile.ts';

describe('ScriptCompiler', () => {
  const asked: CompileRequest[] = [];
  const compiler = createScriptCompiler({
    compile: (request) => {
      asked.push(request);
      return compileByFirstLine(request);
    },
  });
  const read = (source: string) => compiler.read(tenantId('acme'), source, '/body');
  beforeEach(() => {
    asked.length = 0;
  });

  it('reads a source in the process of its tenant, for the point whose module it imports', async () => {
    const classic = await read(classicSource);
    assert.equal(classic.version, classic.compiled.sha256);
    assert.equal((await read(typedSource({}, 'token-minting'))).compiled.point, 'token_minting');
    await read(typedSource({}, 'client-token-minting'));
    assert.deepEqual(
      asked.map(({ tenant, point }) => `${tenant} ${point}`),
      ['acme post_authn_ctx', 'acme token_minting', 'acme client_token_minting'],
    );
  });

  it('names the line and the column of what does not compile', async () => {
    await assert.rejects(read('const a = 1;\n  let %%%;'), (error) => {
      assert.ok(isPlatformError(error, 'unprocessable_entity'));
      assert.deepEqual(error.details, [
        {
          pointer: '/body',
          message: 'line 2, column 7: SyntaxError: Unexpected token',
          code: 'syntax',
          line: 2,
          column: 7,
        },
      ]);
      return true;
    });
  });

  it('asks nobody about a source that is too long, counted in bytes', async () => {
    await assert.rejects(read('ü'.repeat(131_073)), (error) => isPlatformError(error, 'unprocessable_entity'));
    assert.equal(asked.length, 0);
    await read('ü'.repeat(131_072));
  });

  it('does not blame the script when the platform cannot read it', async () => {
    for (const kind of ['busy', 'host_crash'] as const) {
      const away = createScriptCompiler({
        compile: (): Promise<CompileResult> => Promise.resolve({ kind, message: 'at /inside' }),
      });
      await assert.rejects(away.read(tenantId('acme'), classicSource, '/body'), (error) => {
        assert.ok(isPlatformError(error, 'unavailable') && error.retryAfterSeconds === 5);
        assert.doesNotMatch(error.message, /inside/);
        return true;
      });
    }
  });
});
