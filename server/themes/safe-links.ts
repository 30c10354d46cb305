/** Which addresses a page may link to or load: escaping alone would let `javascript:` through. */

/** A path on this origin; `//host` and `/\host` would leave it. */
const localPath = /^\/(?![/\\])/;

/** An address for `href` or `action`: a path of ours, or http and https. Undefined for everything else. */
export function safeLink(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (localPath.test(value)) return value;
  if (!URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
}

/** An address for `src` of a picture: a path of ours, https, or a small picture that came along. */
export function safeImage(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (localPath.test(value)) return value;
  if (/^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]{1,20000}$/.test(value)) return value;
  return URL.canParse(value) && new URL(value).protocol === 'https:' ? new URL(value).href : undefined;
}
