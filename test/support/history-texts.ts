/** What a workflow's history says to one who holds its key: every payload decoded, every other text as it stands. */
import type { Payload, PayloadCodec } from '@temporalio/common';

export interface HistoryTexts {
  /** Every text and all bytes outside of payloads, and what the payloads hold. */
  readonly texts: readonly string[];
  /** The content of each encrypted payload. */
  readonly sealed: readonly string[];
  /** The member under which each payload that is not encrypted stands. */
  readonly inClear: readonly string[];
}

/**
 * Reads a history, a description, or whatever else Temporal answers.
 * @throws PayloadRefused when a payload's key is erased, or it was changed
 */
export async function readTexts(
  answer: unknown,
  codec: PayloadCodec,
  place: { readonly namespace: string; readonly workflowId: string },
): Promise<HistoryTexts> {
  const texts: string[] = [];
  const sealed: string[] = [];
  const inClear: string[] = [];
  const context = { type: 'workflow', ...place } as const;

  const read = async (value: unknown, path: readonly string[]): Promise<void> => {
    if (typeof value === 'string') texts.push(value);
    else if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('latin1'));
    else if (isPayload(value)) await readPayload(value, path);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (typeof inner !== 'function') await read(inner, [...path, name]);
      }
    }
  };
  const readPayload = async (payload: Payload, path: readonly string[]): Promise<void> => {
    const encrypted = textOf(payload.metadata?.['encoding']) === 'binary/encrypted';
    const [plain] = encrypted ? await codec.decode([payload], context) : [payload];
    const content = textOf(plain?.data);
    texts.push(content, ...Object.values(plain?.metadata ?? {}).map(textOf));
    if (encrypted) sealed.push(content);
    else inClear.push(path.filter((name) => !/^\d+$/.test(name) && name !== 'payloads').join('.'));
  };

  await read(answer, []);
  return { texts, sealed, inClear };
}

function isPayload(value: unknown): value is Payload {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return false;
  const { metadata } = value;
  return typeof metadata === 'object' && metadata !== null && 'encoding' in metadata;
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('latin1');
}
