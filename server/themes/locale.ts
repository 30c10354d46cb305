/** Which of our languages a person reads best. */

/** Longer headers come from nobody's browser. */
const longestPreference = 1000;

/** The language we speak when we know nothing better. */
export const defaultLocale = 'en';

/**
 * Picks by `ui_locales` first (OIDC Core §3.1.2.1: space-separated, best first), then by Accept-Language
 * (RFC 9110 §12.5.4), each matched by lookup (RFC 4647 §3.4): `pt-BR` finds `pt`.
 * @param available lower-case language tags, as `Renderer.locales` lists them
 */
export function pickLocale(
  wish: { readonly uiLocales?: string | undefined; readonly acceptLanguage?: string | undefined },
  available: readonly string[],
): string {
  for (const tag of [...uiLocales(wish.uiLocales), ...acceptedLanguages(wish.acceptLanguage)]) {
    const found = lookup(tag, available);
    if (found !== undefined) return found;
  }
  return defaultLocale;
}

function uiLocales(value = ''): string[] {
  return value.slice(0, longestPreference).split(' ').filter(Boolean);
}

/** Tags by falling weight; those with `q=0` are refused and left out. */
function acceptedLanguages(header = ''): string[] {
  return header
    .slice(0, longestPreference)
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((part) => part.trim());
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return { tag, weight: Number(quality) };
    })
    .filter(({ tag, weight }) => tag !== '' && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

function lookup(tag: string, available: readonly string[]): string | undefined {
  const subtags = tag.toLowerCase().split('-');
  while (subtags.length > 0) {
    const range = subtags.join('-');
    if (available.includes(range)) return range;
    subtags.pop();
  }
  return undefined;
}
