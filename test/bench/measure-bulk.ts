/** Imports and exports of very many objects while others sign in: how long, in how much memory, and at whose cost. */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { firstStartPath, readFirstStartSecrets } from '../../server/bootstrap/first-start-file.ts';
import { residentMb } from './processes.ts';
import type { Result } from './result.ts';
import type { Setting } from './setting.ts';
import { quantile } from './statistics.ts';
import { basicAuth } from './target.ts';

/** Beyond what the platform weighs before: what is read and written at a time, however many there are. MB. */
const mostMemory = 200;
/** An import answers when it is over. Milliseconds. */
const longest = 60 * 60_000;

export interface Bulk {
  /** What the results are called by. */
  readonly name: string;
  /** Where it is imported and exported. */
  readonly path: string;
  /** The text of a dump, in parts of any length. */
  readonly dump: () => Iterable<string>;
  /** Less than it holds is no export of it. */
  readonly leastBytes: number;
}

/** Pieces of some size: a write for each object would measure the writes. */
function* inPieces(texts: Iterable<string>): Generator<Buffer> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < 64 * 1024) continue;
    yield Buffer.from(piece);
    piece = '';
  }
  yield Buffer.from(piece);
}

async function rootToken(origin: string, dataDir: string): Promise<string> {
  const secrets = await readFirstStartSecrets(dataDir);
  if (secrets === undefined) throw new Error(`nothing in ${firstStartPath(dataDir)}`);
  const answer = await fetch(`${origin}/system/system/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: basicAuth({ id: 'system', secret: secrets.rootClientSecret, redirectUri: '' }),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials&scope=manage_configuration',
  });
  const found: unknown = await answer.json();
  if (typeof found === 'object' && found !== null && 'access_token' in found) return String(found.access_token);
  throw new Error(`no token for the root: ${JSON.stringify(found)}`);
}

export async function measureBulk(
  { platform, load, size }: Setting,
  { name: bulk, path, dump, leastBytes }: Bulk,
): Promise<readonly Result[]> {
  const { place, target, ownPids } = platform;
  const dispatcher = new Agent({ headersTimeout: longest, bodyTimeout: longest });
  const url = `${place.origin}${path}`;
  /** A token may be over before a transfer is. */
  const headers = async () => {
    const token = await rootToken(place.origin, String(place.env['DATA_DIR']));
    return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  };

  const transfers = {
    async import() {
      const { statusCode, body } = await request(url, {
        method: 'PUT',
        headers: await headers(),
        body: Readable.from(inPieces(dump())),
        dispatcher,
      });
      const text = await body.text();
      if (statusCode !== 204) throw new Error(`the import answered ${String(statusCode)}: ${text.slice(0, 500)}`);
    },
    async export() {
      const { statusCode, body } = await request(url, { headers: await headers(), dispatcher });
      let bytes = 0;
      for await (const piece of body) bytes += (piece as Buffer).length;
      if (statusCode !== 200 || bytes < leastBytes)
        throw new Error(`the export answered ${String(statusCode)} with ${String(bytes)} bytes`);
    },
  };

  const logins = async (): Promise<readonly number[]> => {
    const job = { kind: 'logins', target, count: size.loginsInTurn, concurrency: 1 } as const;
    return (await load.run(job)).took['each'] ?? [];
  };

  /** Logins go on from its first moment to its last. */
  async function beside(work: () => Promise<void>) {
    const before = await residentMb(ownPids);
    let [peak, over] = [before, false];
    const since = performance.now();
    let seconds = Number.NaN;
    const working = work().finally(() => {
      over = true;
      seconds = (performance.now() - since) / 1000;
    });
    const watching = (async () => {
      while (!over) {
        peak = Math.max(peak, await residentMb(ownPids));
        await delay(100);
      }
    })();
    const took: number[] = [];
    const signing = (async () => {
      do took.push(...(await logins()));
      while (!over);
    })();
    await Promise.all([working, watching, signing]);
    return { seconds, grown: peak - before, login: quantile(took, 0.95) };
  }

  await logins();
  const alone = quantile(await logins(), 0.95);
  const results: Result[] = [];
  for (const [name, work] of Object.entries(transfers)) {
    const { seconds, grown, login } = await beside(work);
    results.push(
      { name: `${bulk}.${name}`, value: seconds, unit: 's' },
      { name: `${bulk}.${name}.memory`, value: grown, unit: 'MB', bar: { of: 'value', atMost: mostMemory } },
      { name: `${bulk}.${name}.login.p95`, value: login, unit: 'ms', bare: alone, ratio: login / alone },
    );
  }
  await dispatcher.close();
  return results;
}
