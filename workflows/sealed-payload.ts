/** The form of an encrypted Temporal payload: AES-256-GCM, bound to its namespace, its workflow and its key. */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { Payload } from '@temporalio/common';

/** What a payload belongs to; a payload moved to another place does not open. */
export interface PayloadPlace {
  readonly namespace: string;
  readonly workflowId: string;
  readonly keyId: string;
}

const encoding = Buffer.from('binary/encrypted');
const cipherName = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

/** Bytes would be made into a key object with every payload, which takes longer than the cipher. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

/** Encrypts a payload with its metadata. The result is nonce, tag, ciphertext; the key's id stands in clear. */
export function sealPayload(payload: Payload, key: Uint8Array, place: PayloadPlace): Payload {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv(cipherName, keyObjectOf(key), nonce, { authTagLength: tagLength }).setAAD(
    associatedData(place),
  );
  const sealed = Buffer.concat([cipher.update(pack(payload)), cipher.final()]);
  return {
    metadata: { encoding, 'encryption-key-id': Buffer.from(place.keyId) },
    data: Buffer.concat([nonce, cipher.getAuthTag(), sealed]),
  };
}

/** @throws an Error when the payload was changed, or sealed for another place */
export function openPayload(payload: Payload, key: Uint8Array, place: PayloadPlace): Payload {
  const data = Buffer.from(payload.data ?? []);
  if (data.length < nonceLength + tagLength) throw new Error('the encrypted payload is too short');
  const decipher = createDecipheriv(cipherName, keyObjectOf(key), data.subarray(0, nonceLength), {
    authTagLength: tagLength,
  })
    .setAAD(associatedData(place))
    .setAuthTag(data.subarray(nonceLength, nonceLength + tagLength));
  return unpack(Buffer.concat([decipher.update(data.subarray(nonceLength + tagLength)), decipher.final()]));
}

/** The id of the key that a payload was encrypted with; undefined when it is not encrypted. */
export function keyIdOf(payload: Payload): string | undefined {
  const metadata = payload.metadata ?? {};
  if (!Buffer.from(metadata['encoding'] ?? []).equals(encoding)) return undefined;
  return Buffer.from(metadata['encryption-key-id'] ?? []).toString();
}

function associatedData({ namespace, workflowId, keyId }: PayloadPlace): Buffer {
  return Buffer.from(JSON.stringify(['gatehouse/payload/1', namespace, workflowId, keyId]));
}

/** How many metadata, each as the lengths of its name and value, name and value; then the data as it is. */
function pack(payload: Payload): Buffer {
  const metadata = Object.entries(payload.metadata ?? {});
  const parts: Uint8Array[] = [Buffer.from([metadata.length])];
  for (const [name, value] of metadata) {
    const lengths = Buffer.alloc(5);
    lengths.writeUInt8(Buffer.byteLength(name));
    lengths.writeUInt32BE(value.length, 1);
    parts.push(lengths, Buffer.from(name), value);
  }
  return Buffer.concat([...parts, payload.data ?? new Uint8Array()]);
}

/** Of what was authenticated above: only sealPayload can have written it. */
function unpack(packed: Buffer): Payload {
  const metadata: Record<string, Uint8Array> = {};
  let at = 1;
  for (let left = packed.readUInt8(); left > 0; left--) {
    const nameEnd = at + 5 + packed.readUInt8(at);
    const valueEnd = nameEnd + packed.readUInt32BE(at + 1);
    metadata[packed.toString('utf8', at + 5, nameEnd)] = packed.subarray(nameEnd, valueEnd);
    at = valueEnd;
  }
  return { metadata, data: packed.subarray(at) };
}

function keyObjectOf(key: Uint8Array): KeyObject {
  const made = keyObjects.get(key) ?? createSecretKey(key);
  keyObjects.set(key, made);
  return made;
}
