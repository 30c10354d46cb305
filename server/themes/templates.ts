/** Reads the Handlebars files and compiles them once, strictly: an unknown name, helper or partial is an error. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import Handlebars from 'handlebars';
import type { HelperDelegate } from 'handlebars';
import type { MailName } from './mails.ts';
import type { KindOnPages } from './kind-pages.ts';
import type { PageName } from './pages.ts';

/** `pages/login` → its source. */
export type TemplateSources = ReadonlyMap<string, string>;
export type PageTemplate = (data: object, frame: object) => string;

const folders = ['layouts', 'partials', 'pages', 'mails'] as const;

export function loadTemplateSources(folder: string): TemplateSources {
  return new Map(
    folders.flatMap((part) =>
      readdirSync(join(folder, part))
        .filter((file) => file.endsWith('.hbs'))
        .map((file): [string, string] => [
          `${part}/${file.slice(0, -'.hbs'.length)}`,
          readFileSync(join(folder, part, file), 'utf8'),
        ]),
    ),
  );
}

/**
 * The fragments of plugins' steps, under the names the step page calls them by: `plugins.{plugin}.{template}`.
 * @param folders each plugin's templates folder, by its id
 */
export function loadFragmentSources(folders: ReadonlyMap<string, URL>): TemplateSources {
  return new Map(
    [...folders].flatMap(([owner, folder]) =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.hbs'))
        .map((file): [string, string] => [
          `plugins.${owner}.${file.slice(0, -'.hbs'.length)}`,
          readFileSync(new URL(file, folder), 'utf8'),
        ]),
    ),
  );
}

/** What kinds of credentials draw of pages by templates of their own, under the names that those call them by. */
export function loadKindSources(kinds: readonly KindOnPages[]): TemplateSources {
  return new Map(
    kinds.flatMap((kind) => {
      const { mechanism, templates } = kind;
      if (templates === undefined) return [];
      return partsOf(kind).map(
        (part) => [kindPartial(part, mechanism), readFileSync(join(templates, `${part}.hbs`), 'utf8')] as const,
      );
    }),
  );
}

export type KindPart = 'login' | 'naming' | 'setting';

/** Which partials a kind has. */
export function partsOf({ names, setting }: KindOnPages): readonly KindPart[] {
  return ['login', ...(names ? (['naming'] as const) : []), ...(setting ? (['setting'] as const) : [])];
}

export const kindPartial = (part: KindPart, mechanism: string): string => `partials/${part}.${mechanism}`;

/**
 * Compiles every template now, so that no request waits for it and a broken one never starts.
 * @throws Error when a template does not parse or calls an unknown helper
 */
export function compileTemplates(
  sources: TemplateSources,
  helpers: Readonly<Record<string, HelperDelegate>>,
): (name: `pages/${PageName}` | `mails/${MailName}`) => PageTemplate {
  const environment = Handlebars.create();
  environment.registerHelper({ ...helpers });
  const knownHelpers = Object.fromEntries(Object.keys(helpers).map((name) => [name, true]));
  const compiled = new Map<string, HandlebarsTemplateDelegate<object>>();
  for (const [name, source] of sources) {
    const code = Handlebars.precompile(source, {
      strict: true,
      knownHelpersOnly: true,
      knownHelpers,
      preventIndent: true,
      // Mails are plain text: an entity in them would be read as it stands.
      noEscape: name.startsWith('mails/'),
    });
    const template = environment.template<object>(evaluate(code));
    compiled.set(name, template);
    environment.registerPartial(name, template);
  }
  return (name) => {
    const template = compiled.get(name);
    if (template === undefined) throw new Error(`no template ${name}`);
    return (data, frame) => template(data, { data: frame });
  };
}

/** Handlebars precompiles to JavaScript source; running it once at boot is what spares each request the compiler. */
function evaluate(code: unknown): object {
  const specification: unknown = typeof code === 'string' ? runInThisContext(`(${code})`) : undefined;
  if (typeof specification !== 'object' || specification === null) throw new Error('a template did not compile');
  return specification;
}
