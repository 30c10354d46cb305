/** Reads a form out of a page as a browser would submit it. */

export interface PageForm {
  readonly action: string;
  /** Hidden and prefilled fields, and boxes that are checked. */
  readonly fields: URLSearchParams;
}

const forms = /<form\b([^>]*)>([\s\S]*?)<\/form>/g;
const inputs = /<input\b([^>]*)>/g;

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
}

/** @param holding text that only the form looked for has inside, e.g. `name="password"` */
export function formOf(page: string, holding: string): PageForm {
  for (const [, tag = '', inside = ''] of page.matchAll(forms)) {
    if (!inside.includes(holding)) continue;
    const fields = new URLSearchParams();
    for (const [, input = ''] of inside.matchAll(inputs)) {
      const name = attribute(input, 'name');
      const value = attribute(input, 'value');
      const unchecked = attribute(input, 'type') === 'checkbox' && !/\schecked\b/.test(input);
      if (name !== undefined && value !== undefined && !unchecked) fields.append(name, value);
    }
    return { action: attribute(tag, 'action') ?? '', fields };
  }
  throw new Error(`the page has no form with ${holding}: ${page.slice(0, 400)}`);
}
