/** Scripts as the published Admin API writes them, and their versions in members of our own. */
import { z } from 'zod';
import { modulesOfPoints } from '../../scripts-runtime/index.ts';
import { scriptVersionId } from '../kernel/ids.ts';
import { longestSource } from './script-compiler.ts';
import type { Pointers, ScriptWithSource, ScriptWords } from './script.service.ts';
import type { Script, VersionInfo } from './script.ts';

/** Characters; the compiler counts bytes. A body in JSON may be twice as long as its source. */
const source = z.string().max(longestSource);
export const scriptBodyLimit = 2 * longestSource + 128 * 1024;

export const scriptBody = z.object({
  name: z.string().trim().max(255).optional().describe('the id when it is not given'),
  body: source
    .optional()
    .describe('JavaScript or TypeScript; published at once. Without it what runs stays: of a new script nothing'),
  env_version: z.string().max(64).optional(),
  test_input: z.string().max(65_536).optional().describe('for who tries it out'),
});
export const newScriptBody = scriptBody.extend({
  id: z.string().max(64).optional().describe('generated when it is not given'),
});

export const scriptAnswer = z.object({
  id: z.string(),
  tenant_id: z.string(),
  authorization_server_id: z.string().describe('the workspace'),
  name: z.string(),
  body: z.string().describe('of the version that runs, or of the draft where none does'),
  env_version: z.string(),
  test_input: z.string(),
});
export const scriptsAnswer = z.object({ scripts: z.array(scriptAnswer) });

export function scriptWordsIn(given: z.infer<typeof scriptBody>, id: string): ScriptWords {
  const { name = '', body = '', env_version: envVersion = '', test_input: testInput = '' } = given;
  return { name: name === '' ? id : name, body, envVersion, testInput };
}

export function toScriptBody({ script, source: body }: ScriptWithSource): z.infer<typeof scriptAnswer> {
  return {
    id: script.id,
    tenant_id: script.tenantId,
    authorization_server_id: script.workspaceId,
    name: script.name,
    body,
    env_version: script.envVersion,
    test_input: script.testInput,
  };
}

export const draftBody = z.object({ body: source.min(1) });

const digest = z.union([z.literal(''), z.string().regex(/^[0-9a-f]{64}$/, 'is the id of a version')]);
export const pointersBody = z.object({
  live: digest.optional().describe('the version that runs; none where it is empty or left out'),
  canary: digest.optional().describe('the version that runs for some people instead'),
  canary_share: z
    .int()
    .min(1)
    .max(99)
    .optional()
    .describe('of a hundred people at an application; 10 where it is left out'),
});
export const pointersAnswer = z.object({
  draft: z.string().describe('the version that was written last'),
  live: z.string(),
  canary: z.string(),
  canary_share: z.int(),
});

export function pointersIn({
  live = '',
  canary = '',
  canary_share: share = 10,
}: z.infer<typeof pointersBody>): Pointers {
  return {
    ...(live === '' ? {} : { live: scriptVersionId(live) }),
    ...(canary === '' ? {} : { canary: { version: scriptVersionId(canary), share } }),
  };
}

export function toPointersBody({ draft, live, canary }: Script): z.infer<typeof pointersAnswer> {
  return {
    draft: draft ?? '',
    live: live ?? '',
    canary: canary?.version ?? '',
    canary_share: canary?.share ?? 0,
  };
}

const versionMembers = {
  id: z.string().describe('the SHA-256 of its source'),
  shape: z.enum(['classic', 'typed']),
  execution_point: z
    .string()
    .optional()
    .describe(`of a typed script, such as ${Object.keys(modulesOfPoints).join(', ')}`),
  runtime: z.string(),
  secrets: z.array(z.string()),
  net: z.array(z.string()).describe('hosts that it may send requests to'),
  effects: z.array(z.string()),
  on_error: z.enum(['deny', 'continue']),
  created_at: z.string(),
};
export const versionAnswer = z.object(versionMembers);
export const versionsAnswer = z.object({ versions: z.array(versionAnswer) });
export const versionWithSource = versionAnswer.extend({ body: z.string() });

export function toVersionBody(version: VersionInfo): z.infer<typeof versionAnswer> {
  const { manifest } = version;
  return {
    id: version.version,
    shape: version.shape,
    ...(version.shape === 'classic' ? {} : { execution_point: version.point }),
    runtime: manifest.runtime,
    secrets: [...manifest.secrets],
    net: manifest.net.map(({ host }) => host),
    effects: [...manifest.effects],
    on_error: manifest.onError,
    created_at: new Date(version.createdAt).toISOString(),
  };
}

export const testScriptBody = z.object({
  body: source.min(1),
  env_version: z.string().max(64).optional(),
  input: z.record(z.string(), z.json()).optional().describe('what the script is given'),
});
export const scriptResult = z.object({
  id: z.string().describe('of this run'),
  input: z.record(z.string(), z.json()),
  output: z.record(z.string(), z.json()).describe('of a typed script: its effects'),
  stdout: z.string(),
  stderr: z.string(),
  caught_err: z.string().describe('why it failed, and where'),
  duration: z.string(),
});
