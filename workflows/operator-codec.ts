/** Lets an operator read a login in the Temporal UI: decodes what their tenant may see, and leaves the rest encrypted. */
import type { Payload } from '@temporalio/common';
import type { KeyRing, OwnedKey } from './contract/key-ring.ts';
import { keyIdOf, openPayload } from './sealed-payload.ts';

/** A payload as Temporal's remote codec protocol writes it: proto3 JSON, bytes in base64. */
export interface CodecPayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

export interface OperatorCodec {
  /**
   * Answers as many payloads as it is given, in their order. One that is not of an allowed tenant, whose key is erased
   * or that was changed comes back as it went in; so does one that was never encrypted.
   */
  decodeForOperator(
    payloads: readonly CodecPayload[],
    allowed: (tenantId: string) => boolean | Promise<boolean>,
  ): Promise<CodecPayload[]>;
}

export function createOperatorCodec(deps: { readonly keys: KeyRing; readonly namespace: string }): OperatorCodec {
  const { keys, namespace } = deps;
  return {
    async decodeForOperator(payloads, allowed) {
      const readable = new Map<string, Promise<OwnedKey | undefined>>();
      const keyToRead = async (keyId: string): Promise<OwnedKey | undefined> => {
        const found = await keys.byId(keyId);
        return found !== undefined && (await allowed(found.tenantId)) ? found : undefined;
      };
      return await Promise.all(
        payloads.map(async (wire) => {
          const payload = fromWire(wire);
          const keyId = keyIdOf(payload);
          if (keyId === undefined) return wire;
          const asked = readable.get(keyId) ?? keyToRead(keyId);
          readable.set(keyId, asked);
          const found = await asked;
          if (found === undefined) return wire;
          try {
            return toWire(openPayload(payload, found.key, { namespace, workflowId: found.workflowId, keyId }));
          } catch {
            return wire;
          }
        }),
      );
    },
  };
}

function fromWire({ metadata = {}, data = '' }: CodecPayload): Payload {
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
    data: Buffer.from(data, 'base64'),
  };
}

function toWire({ metadata, data }: Payload): CodecPayload {
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(data ?? []).toString('base64'),
  };
}
