/** Draws the pages of a plugin's steps as core would, and holds their templates to the rules of pages. */
import { readFile } from 'node:fs/promises';
import Handlebars from 'handlebars';
import type { Plugin } from '../../server/extension-points/plugin.ts';
import type { ExtensionRegistry } from '../../server/extension-points/registry.ts';
import type { StepContext } from '../../server/extension-points/steps.ts';

const forbidden: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\{\{\{|\{\{&/, why: 'prints a value unescaped' },
  { pattern: /<script/i, why: 'carries a script' },
  {
    pattern: /\son[a-z]+\s*=|javascript:/i,
    why: 'carries an inline handler, which the content security policy refuses',
  },
  { pattern: /\sstyle\s*=|<style/i, why: 'carries an inline style, which the content security policy refuses' },
  {
    pattern: /<form|<\/form/i,
    why: 'opens a form of its own: the fragment stands inside the one that carries the nonce',
  },
];

/** @throws Error naming the step and what is wrong with its page */
export async function checkStepPages(plugin: Plugin, registry: ExtensionRegistry, context: StepContext): Promise<void> {
  for (const { owner, value: step } of registry.stepsFor(context)) {
    if (owner !== plugin.id) continue;
    const { template, data } = await step.page(context);
    if (plugin.templates === undefined)
      throw new Error(`step "${step.id}" has a page, and the plugin names no templates folder`);
    if (!/^[a-z0-9][a-z0-9-]*$/.test(template))
      throw new Error(`template "${template}" is not a file name in lower case`);
    const source = await readFile(new URL(`${template}.hbs`, plugin.templates), 'utf8');
    const broken = forbidden.find(({ pattern }) => pattern.test(source));
    if (broken !== undefined) throw new Error(`template "${template}" ${broken.why}`);
    const draw: (view: unknown) => string = Handlebars.create().compile(source, { strict: true });
    if (draw({ ...data, errors: {} }).trim() === '') throw new Error(`template "${template}" draws nothing`);
    await step.handle({}, context);
  }
}
