/** Encrypts everything the platform writes into Temporal's history, and reads back nothing that it did not encrypt. */
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import type { KeyRing } from './contract/key-ring.ts';
import { keyIdOf, openPayload, sealPayload } from './sealed-payload.ts';

/** A payload could not be encrypted or decrypted; `code` says why, and nothing of its content is told. */
export class PayloadRefused extends Error {
  override readonly name = 'PayloadRefused';
  readonly code: 'no_workflow' | 'no_key' | 'plaintext' | 'key_erased' | 'foreign' | 'broken';

  constructor(code: PayloadRefused['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The codec of client and worker: the same keys on both sides. */
export function createPayloadCodec({ keys }: { readonly keys: KeyRing }): PayloadCodec {
  return {
    async encode(payloads, context) {
      if (payloads.length === 0) return [];
      const { namespace, workflowId } = placeOf(context);
      const found = await keys.forWorkflow(namespace, workflowId);
      if (found === undefined) throw new PayloadRefused('no_key', 'this workflow has no key to encrypt with');
      return payloads.map((payload) => sealPayload(payload, found.key, { namespace, workflowId, keyId: found.id }));
    },

    async decode(payloads, context) {
      if (payloads.length === 0) return [];
      const { namespace, workflowId } = placeOf(context);
      return await Promise.all(payloads.map((payload) => decodeOne(keys, payload, namespace, workflowId)));
    },
  };
}

async function decodeOne(keys: KeyRing, payload: Payload, namespace: string, workflowId: string): Promise<Payload> {
  const keyId = keyIdOf(payload);
  if (keyId === undefined) throw new PayloadRefused('plaintext', 'a payload that is not encrypted is not believed');
  const found = await keys.byId(keyId);
  if (found === undefined) throw new PayloadRefused('key_erased', 'the key of this payload is gone');
  if (found.workflowId !== workflowId) {
    throw new PayloadRefused('foreign', 'this payload was encrypted for another workflow');
  }
  try {
    return openPayload(payload, found.key, { namespace, workflowId, keyId });
  } catch (error) {
    throw new PayloadRefused('broken', 'this payload was changed, or encrypted for another place', error);
  }
}

function placeOf(context: SerializationContext | undefined): { namespace: string; workflowId: string } {
  const workflowId = context?.workflowId;
  if (context === undefined || workflowId === undefined) {
    throw new PayloadRefused('no_workflow', 'a payload outside of a workflow has no key');
  }
  return { namespace: context.namespace, workflowId };
}
