/** How values become Temporal payloads: the same on every side, or one could not read the other. */
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createPayloadCodec } from './codec.ts';
import type { KeyRing } from './contract/key-ring.ts';

export const failureConverterPath = fileURLToPath(new URL('failure-converter.ts', import.meta.url));

export function createDataConverter(keys: KeyRing): DataConverter {
  return { payloadCodecs: [createPayloadCodec({ keys })], failureConverterPath };
}
