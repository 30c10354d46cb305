/** The composition root's part that draws: the templates of the house, and of its plugins. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Platform } from './compose.ts';
import { createRenderer, type Renderer } from './themes/renderer.ts';

const templatesDir = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'templates');

export function composeRenderer({ extensions, kinds }: Pick<Platform, 'extensions' | 'kinds'>): Renderer {
  return createRenderer({
    templatesDir,
    kinds,
    pluginTemplates: new Map(
      extensions.plugins.flatMap(({ id, templates }) => (templates === undefined ? [] : [[id, templates]])),
    ),
  });
}
