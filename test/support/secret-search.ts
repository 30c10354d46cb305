/** Searches texts for secrets in every form that software likes to give them. */

/** Name of a secret → its values. */
export type Secrets = Readonly<Record<string, readonly string[]>>;

/** Shorter ones would be found in random bytes. */
const shortest = 6;

/** @returns the names of the secrets that stand anywhere in the texts (latin1), each once */
export function findSecrets(texts: readonly string[], secrets: Secrets): readonly string[] {
  const hay = texts.join('\n').toLowerCase();
  return Object.entries(secrets).flatMap(([name, values]) => {
    const found = values.some((value) => formsOf(value).some((form) => hay.includes(form.toLowerCase())));
    return found ? [name] : [];
  });
}

/** As it is, as JSON and addresses escape it, in hexadecimal, in UTF-16, and in base64 at each of three offsets. */
export function formsOf(secret: string): readonly string[] {
  if (secret.length < shortest) throw new Error(`too short to be searched for: ${String(secret.length)} characters`);
  const bytes = Buffer.from(secret);
  const encoded = [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The characters at both ends also hold bits of the neighbours.
    const core = shifted.slice(offset === 0 ? 0 : offset + 1, -1);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [
    bytes.toString('latin1'),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    Buffer.from(secret, 'utf16le').toString('latin1'),
    ...encoded,
  ];
}
