/** Types of scripts for editors: the text to which the guest itself is held, declared as the modules that scripts import. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { executionPoints, modulesOfPoints, runtimeVersions, type ExecutionPoint } from './script.ts';

const shared = '@gatehouse/scripts';

/** Of what `defineScript` makes at each point. */
const scriptTypes: Readonly<Record<ExecutionPoint, string>> = {
  post_authn_ctx: 'PostAuthnScript',
  allowed_idp_ids: 'AllowedIdpsScript',
  token_minting: 'TokenMintingScript',
  client_token_minting: 'TokenMintingScript',
};

/** @returns the text of a `.d.ts` that an editor finds by itself where it lies beside the scripts */
export async function scriptDeclarations(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, 'guest', 'types.ts'), 'utf8');
  // What is said to those who read our sources is no business of an editor.
  const types = text.replace(/^\/\*\* .* \*\/\n\n/, '').replace(/^\/\/ eslint-.*\n/gm, '');
  const modules = executionPoints.map((point) => {
    const script = scriptTypes[point];
    return `declare module '${modulesOfPoints[point]}' {
  import type { ${script} } from '${shared}';
  export function defineScript(script: ${script}): ${script};
  export type * from '${shared}';
}
`;
  });
  const head = `// Types of Gatehouse's scripts, API level ${runtimeVersions.join(', ')}. Made by gatehouse scripts types.\n`;
  const indented = types.trimEnd().replace(/^(?=.)/gm, '  ');
  return `${head}declare module '${shared}' {\n${indented}\n}\n\n${modules.join('\n')}`;
}
