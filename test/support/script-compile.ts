/** What stands for the scripts runtime where scripts are only kept: reads their first lines instead of running them. */
import { createHash } from 'node:crypto';
import { manifestSchema, type CompileRequest, type CompileResult } from '../../scripts-runtime/index.ts';

/** A source of one line says what it is: `// typed {"secrets":["KEY"]}`. What holds `%%%` does not compile. */
export function compileByFirstLine({ source, point }: CompileRequest): Promise<CompileResult> {
  const broken = source.split('\n').findIndex((line) => line.includes('%%%'));
  if (broken !== -1) {
    const column = (source.split('\n')[broken]?.indexOf('%%%') ?? 0) + 1;
    const problem = { code: 'syntax', message: 'SyntaxError: Unexpected token', line: broken + 1, column } as const;
    return Promise.resolve({ kind: 'refused', problems: [problem] });
  }
  const [, said] = /^\/\/ typed (\{.*\})$/m.exec(source) ?? [];
  const manifest = manifestSchema.parse({ runtime: '2026-11', ...(said === undefined ? {} : object(said)) });
  const sha256 = createHash('sha256').update(source).digest('hex');
  const shape = said === undefined ? 'classic' : 'typed';
  return Promise.resolve({ kind: 'ok', script: { shape, point, code: source, sha256, manifest } });
}

function object(text: string): object {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? value : {};
}

export const classicSource = 'module.exports = async () => ({ authn_ctx: { tier: 1 } });';

export function typedSource(manifest: Readonly<Record<string, unknown>> = {}, module = 'post-authn'): string {
  return `import { defineScript } from '@gatehouse/scripts/${module}';\n// typed ${JSON.stringify(manifest)}\nexport default defineScript({});`;
}
