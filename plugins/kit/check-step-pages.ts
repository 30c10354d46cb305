/** Draws the pages of a plugin's steps as core does, by core's own rules of templates. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from '../../server/extension-points/plugin.ts';
import type { ExtensionRegistry } from '../../server/extension-points/registry.ts';
import type { StepContext } from '../../server/extension-points/steps.ts';
import { createRenderer } from '../../server/themes/renderer.ts';

const templatesDir = fileURLToPath(new URL('../../templates/', import.meta.url));

/** @throws Error naming the step and what is wrong with its page */
export async function checkStepPages(plugin: Plugin, registry: ExtensionRegistry, context: StepContext): Promise<void> {
  for (const { owner, value: step } of registry.stepsFor(context)) {
    if (owner !== plugin.id) continue;
    const { template, data } = await step.page(context);
    const folder = plugin.templates;
    if (folder === undefined) throw new Error(`step "${step.id}" has a page, and the plugin names no templates folder`);
    if (!/^[a-z0-9][a-z0-9-]*$/.test(template))
      throw new Error(`template "${template}" is not a file name in lower case`);
    const source = await readFile(new URL(`${template}.hbs`, folder), 'utf8');
    if (/<\/?form|<script/i.test(source))
      throw new Error(`template "${template}" brings a form or a script of its own`);

    const renderer = createRenderer({ templatesDir, pluginTemplates: new Map([[plugin.id, folder]]) });
    for (const errors of [{}, { form: 'A sample message.' }]) {
      renderer.render(
        'step',
        {
          tenant: { name: 'Sample' },
          application: { name: 'Sample Application' },
          title: step.title,
          action: '/sample',
          cancelAction: '/sample/cancel',
          nonce: 'sample',
          fragment: { owner, template, data },
          errors,
        },
        { locale: 'en' },
      );
    }
    await step.handle({}, context);
  }
}
