/** Draws a page: strict templates, texts in the person's language, the tenant's theme, and the policy it is sent with. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadAssets } from './assets.ts';
import type { Asset } from './assets.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';
import { defaultLocale } from './locale.ts';
import type { MailData, MailName } from './mails.ts';
import type { KindOnPages } from './kind-pages.ts';
import type { PageData, PageName } from './pages.ts';
import { templateFunctions } from './template-functions.ts';
import type { Frame } from './template-functions.ts';
import { inspectTemplates } from './template-rules.ts';
import {
  compileTemplates,
  kindPartial,
  loadFragmentSources,
  loadKindSources,
  loadTemplateSources,
  partsOf,
} from './templates.ts';
import { textGroupsOf } from './text-groups.ts';
import { findMismatches, loadTexts, withTexts } from './texts.ts';
import type { Texts } from './texts.ts';

export interface RenderOptions {
  /** As `pickLocale` answers it. Unknown ones are drawn in English. */
  readonly locale: string;
  /** Name of a folder beside `default`. Unknown ones are drawn in the default theme. */
  readonly theme?: string | undefined;
  /** Redirect URIs where a form of this page may end (`form-action`), beyond this origin. */
  readonly formTargets?: readonly string[];
  /** The same as source expressions, which only the configuration may say. */
  readonly formSources?: readonly string[];
}

export interface RenderedPage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
  readonly locale: string;
}

export interface RenderedMail {
  /** One line. */
  readonly subject: string;
  readonly text: string;
}

export interface Renderer {
  /** Languages there are texts for; what `pickLocale` chooses among. */
  readonly locales: readonly string[];
  /** A text without placeholders, by language: for what is said outside of pages. @throws Error for one that is not there */
  words(key: string): ReadonlyMap<string, string>;
  /** Every theme's static files, for `createAssetRoutes`. */
  readonly assets: readonly Asset[];
  /** Everything in `data` is escaped; addresses that are no web address are left out. */
  render<Name extends PageName>(page: Name, data: PageData[Name], options: RenderOptions): RenderedPage;
  /** A mail in plain text. Its template's first line is the subject. */
  mail<Name extends MailName>(mail: Name, data: MailData[Name], options: Pick<RenderOptions, 'locale'>): RenderedMail;
}

export interface RendererOptions {
  /** Holds `default/{layouts,partials,pages,texts,assets}`; each further folder is a theme: `assets/` without scripts, and `texts/`. */
  readonly templatesDir: string;
  /** Where `createAssetRoutes` is mounted; no trailing slash. */
  readonly assetsPath?: string;
  /** Templates folder of each plugin that has one, by the plugin's id. */
  readonly pluginTemplates?: ReadonlyMap<string, URL>;
  /** What logins may ask for; none where no page of a login is drawn. */
  readonly kinds?: readonly KindOnPages[];
}

interface Theme {
  readonly texts: ReadonlyMap<string, Texts>;
  readonly assets: readonly Asset[];
}

/**
 * Reads, checks and compiles everything now.
 * @throws Error that lists each missing text, unescaped output and unchecked address
 */
export function createRenderer({
  templatesDir,
  assetsPath = '/assets',
  pluginTemplates = new Map<string, URL>(),
  kinds = [],
}: RendererOptions): Renderer {
  const base = join(templatesDir, 'default');
  const sources = new Map([
    ...loadTemplateSources(base),
    ...loadFragmentSources(pluginTemplates),
    ...loadKindSources(kinds),
  ]);
  const texts = kinds.reduce(
    (known, { templates }) => (templates === undefined ? known : withTexts(known, loadTexts(join(templates, 'texts')))),
    loadTexts(join(base, 'texts')),
  );
  const groups = textGroupsOf(kinds);
  const standard: Theme = { texts, assets: loadAssets(join(base, 'assets')) };
  const themes = new Map(
    readdirSync(templatesDir).map((name) => [
      name,
      name === 'default' ? standard : loadTheme(base, join(templatesDir, name), texts),
    ]),
  );
  const problems = [...themes].flatMap(([name, theme]) =>
    [
      ...findMismatches(theme.texts),
      ...inspectTemplates(sources, theme.texts.get(defaultLocale) ?? new Map(), groups).problems,
    ].map((problem) => `${name}: ${problem}`),
  );
  for (const kind of kinds)
    for (const partial of partsOf(kind).map((part) => kindPartial(part, kind.mechanism)))
      if (!sources.has(partial)) problems.push(`${partial}.hbs is missing`);
  if (problems.length > 0) throw new Error(`the pages cannot be served:\n${problems.join('\n')}`);

  const templateOf = compileTemplates(sources, templateFunctions);
  const frames = new Map<Theme, ReadonlyMap<string, Frame>>(
    [...themes.values()].map((theme) => [theme, framesOf(theme, assetsPath)]),
  );

  const frameOf = (locale: string, theme = 'default'): Frame => {
    const spoken = frames.get(themes.get(theme) ?? standard);
    const frame = spoken?.get(locale) ?? spoken?.get(defaultLocale);
    if (frame === undefined) throw new Error(`no texts in ${defaultLocale}`);
    return frame;
  };

  return {
    locales: [...texts.keys()],
    words(key) {
      const found = [...texts].flatMap(([locale, known]): [string, string][] => {
        const text = known.get(key);
        return text === undefined ? [] : [[locale, text]];
      });
      if (found.length === 0) throw new Error(`there is no text ${key}`);
      return new Map(found);
    },
    assets: [...themes.values()].flatMap((theme) => theme.assets),
    mail(mail, data, { locale }) {
      const [subject = '', ...lines] = templateOf(`mails/${mail}`)(data, frameOf(locale)).split('\n');
      return { subject, text: lines.join('\n').trimStart() };
    },
    render(page, data, { locale, theme = 'default', formTargets = [], formSources = [] }) {
      const frame = frameOf(locale, theme);
      return {
        html: templateOf(`pages/${page}`)(data, frame),
        contentSecurityPolicy: contentSecurityPolicy(formTargets, formSources),
        locale: frame.locale,
      };
    },
  };
}

function loadTheme(base: string, folder: string, standardTexts: ReadonlyMap<string, Texts>): Theme {
  const own = existsSync(join(folder, 'texts')) ? loadTexts(join(folder, 'texts')) : new Map<string, Texts>();
  const assets = existsSync(join(folder, 'assets')) ? join(folder, 'assets') : undefined;
  return {
    texts: new Map(
      [...standardTexts].map(([locale, texts]) => [locale, new Map([...texts, ...(own.get(locale) ?? [])])]),
    ),
    assets: loadAssets(join(base, 'assets'), assets),
  };
}

/** One frame for each language: the same for every request, so that drawing a page allocates only its text. */
function framesOf(theme: Theme, assetsPath: string): ReadonlyMap<string, Frame> {
  const hrefs = new Map(theme.assets.map(({ name, path }) => [name, `${assetsPath}/${path}`]));
  const assetHref = (name: string): string => {
    const href = hrefs.get(name);
    if (href === undefined) throw new Error(`no asset ${name}`);
    return href;
  };
  return new Map(
    [...theme.texts].map(([locale, texts]) => [
      locale,
      { locale, direction: texts.get('language.direction') ?? 'ltr', texts, assetHref },
    ]),
  );
}
