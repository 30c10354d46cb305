/** Names that are published as optional. */

/** @returns what is said; else as it is called already; else its id: existing programs leave names out, and people read something */
export function givenName(said: string | undefined, stored: { readonly name: string } | undefined, id: string): string {
  return said === undefined || said === '' ? (stored?.name ?? id) : said;
}
