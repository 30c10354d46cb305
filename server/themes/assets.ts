/** The static files of the pages, named by their content so that browsers may keep them for ever. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';

export interface Asset {
  /** `<content-hash>/style.css`: the address below the mount. */
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly body: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

/**
 * What rates passwords on the server rates them in the browser while they are typed, and nothing is sent for it. A page
 * loads it when somebody begins to type a new password, and works without.
 */
const ratingParts = ['@zxcvbn-ts/core', '@zxcvbn-ts/language-common', '@zxcvbn-ts/language-en'];
const ratingScript = toAsset('zxcvbn.js', Buffer.concat(ratingParts.map(browserBuildOf)));

/** Each of these packages is published as a script that sets a member of `zxcvbnts`, too. */
function browserBuildOf(name: string): Buffer {
  const entry = createRequire(import.meta.url).resolve(name);
  return readFileSync(join(dirname(entry), 'zxcvbn-ts.js'));
}

/**
 * Reads the files of one theme over those of the default one. A theme's `tokens.css` follows the default's in the one
 * style sheet, so it overrides just what it names.
 * @throws Error when a theme brings a script, or any file brings an unknown type
 */
export function loadAssets(defaultFolder: string, themeFolder?: string): readonly Asset[] {
  const own = readFolder(defaultFolder);
  const theme = themeFolder === undefined ? new Map<string, Buffer>() : readFolder(themeFolder);
  for (const name of theme.keys()) {
    if (name.endsWith('.js')) throw new Error(`a theme carries no script: ${name}`);
  }
  const style = Buffer.concat([
    ...[own, theme].map((files) => files.get('tokens.css') ?? Buffer.alloc(0)),
    theme.get('style.css') ?? own.get('style.css') ?? Buffer.alloc(0),
  ]);
  const files = new Map([...own, ...theme, ['style.css', style] as const]);
  files.delete('tokens.css');
  return [...[...files].map(([name, body]) => toAsset(name, body)), ratingScript];
}

function readFolder(folder: string): Map<string, Buffer> {
  return new Map(readdirSync(folder).map((name): [string, Buffer] => [name, readFileSync(join(folder, name))]));
}

function toAsset(name: string, body: Buffer): Asset {
  const type = types[extname(name)];
  if (type === undefined) throw new Error(`no content type for the asset ${name}`);
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  return { path: `${hash}/${name}`, name, type, body };
}
