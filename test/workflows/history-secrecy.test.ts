/** What Temporal keeps of a login: ids in clear, everything else encrypted. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { connectWithin } from '../../workflows/connection.ts';
import { createDataConverter } from '../../workflows/data-converter.ts';
import { createFakePlatform } from '../support/fake-platform.ts';
import { newLogin, newMove, openLoginHouse } from '../support/login-worker.ts';
import { startTestTemporal } from '../support/temporal.ts';

/** Stands wherever a value of ours goes: the title, a proof's id, the reason of a refusal. */
const planted = 'PLANTED-SECRET';
const visible = 'planted-visible';

describe('what Temporal keeps of a login', function () {
  this.timeout(240_000);
  let raw: string;
  let history: string;
  let summary: string | undefined;
  let encodings: string[];

  before(async () => {
    const temporal = await startTestTemporal();
    try {
      const platform = createFakePlatform();
      const house = await openLoginHouse({
        address: temporal.address,
        activities: {
          ...platform,
          decideConsent: () => Promise.resolve({ kind: 'committed', outcome: 'denied', reason: 'consent_denied' }),
          establishPerson: (_login, { proofId }) =>
            proofId.startsWith('wrong')
              ? Promise.resolve({ kind: 'refused', step: 'authenticate', reason: planted })
              : platform.establishPerson(_login, { proofId }),
        },
      });
      const login = newLogin({ interactionId: `${visible}-interaction`, title: `${planted} shop` });
      const moves = [
        newMove('authenticate', `wrong-${planted}`),
        { ...newMove('authenticate', planted), updateId: `${visible}-update` },
        newMove('consent', planted),
      ];
      for (const index of moves.keys()) await house.client.advance(login, moves.slice(0, index + 1));

      const connection = await connectWithin({ address: temporal.address }, 'default', 5000);
      const { workflow } = new Client({ connection, dataConverter: createDataConverter(house.keys) });
      const handle = workflow.getHandle(login.interactionId);
      history = JSON.stringify(await handle.fetchHistory());
      summary = await (await handle.describe()).staticSummary();
      encodings = encodingsIn(JSON.parse(history));
      await connection.close();
      await house.close();
      await temporal.halt();
      const files = (await readdir(temporal.dataDir)).filter((name) => name.startsWith('temporal.db'));
      const contents = await Promise.all(files.map((name) => readFile(join(temporal.dataDir, name), 'latin1')));
      raw = contents.join('\n');
    } finally {
      await temporal.stop();
    }
  });

  it('holds ids in clear, so the search below would find a secret', () => {
    assert.ok(raw.includes(`${visible}-interaction`));
    assert.ok(raw.includes(`${visible}-update`));
  });

  it('holds no value of ours in clear, in the raw bytes of its database', () => {
    assert.equal(raw.includes(planted), false);
    assert.equal(raw.includes(Buffer.from(planted).toString('base64').slice(0, 16)), false);
    assert.equal(history.includes(Buffer.from(planted).toString('base64').slice(0, 16)), false);
  });

  it('encrypts each payload; only what the core notes about a local activity, and search attributes, stand in clear', () => {
    assert.ok(encodings.filter((encoding) => encoding === 'binary/encrypted').length >= 6);
    const events = (JSON.parse(history) as { events: Record<string, unknown>[] }).events;
    const inClear = events.flatMap((event) =>
      Object.entries(event)
        .filter(([name]) => name.endsWith('EventAttributes') && !name.startsWith('upsert'))
        .flatMap(([, attributes]) => namesInClear(attributes)),
    );
    assert.deepEqual([...new Set(inClear)].sort(), ['data', 'indexedFields']);
  });

  it('lets operations read the summary of a login, through the codec', () => {
    assert.equal(summary, `Sign-in to ${planted} shop (acme/shop)`);
  });
});

function encodingsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { metadata } = value as { metadata?: { encoding?: unknown } };
  const own = typeof metadata?.encoding === 'string' ? [Buffer.from(metadata.encoding, 'base64').toString()] : [];
  return [...own, ...Object.values(value).flatMap(encodingsIn)];
}

/** Names of the members under which a payload is not encrypted. */
function namesInClear(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const [encoding] = encodingsIn({ metadata: (value as { metadata?: unknown }).metadata });
  if (encoding !== undefined && encoding !== 'binary/encrypted') return [path.at(-1) ?? ''];
  return Object.entries(value).flatMap(([name, inner]) => {
    const named = /^\d+$/.test(name) || name === 'payloads' ? path : [...path, name];
    if (name === 'indexedFields') return ['indexedFields'];
    return namesInClear(inner, named);
  });
}
