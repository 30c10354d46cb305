import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { createAssetRoutes } from '../../../server/themes/asset.routes.ts';
import { loadAssets } from '../../../server/themes/assets.ts';

describe('GET /assets/:hash/:name', () => {
  const assets = loadAssets(join(import.meta.dirname, '../../../templates/default/assets'));
  let server: Server;
  let base: string;

  before(async () => {
    const app = express();
    app.use('/assets', createAssetRoutes(assets));
    server = await new Promise<Server>((resolve) => {
      const listening = app.listen(0, '127.0.0.1', () => {
        resolve(listening);
      });
    });
    base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/assets`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('answers each file with its type, for a year, not to be sniffed', async () => {
    const types: Record<string, string | null> = {};
    for (const { path, name, body } of assets) {
      const answer = await fetch(`${base}/${path}`);
      types[name] = answer.headers.get('content-type');
      assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/);
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), body);
    }
    assert.deepEqual(types, {
      'icon.svg': 'image/svg+xml',
      'once.js': 'text/javascript; charset=utf-8',
      'passkey.js': 'text/javascript; charset=utf-8',
      'password-rules.js': 'text/javascript; charset=utf-8',
      'password.js': 'text/javascript; charset=utf-8',
      'style.css': 'text/css; charset=utf-8',
      'wait.js': 'text/javascript; charset=utf-8',
      'zxcvbn.js': 'text/javascript; charset=utf-8',
    });
  });

  it('sends texts packed to who can unpack them, and as they are to who cannot', async () => {
    const rating = assets.find(({ name }) => name === 'zxcvbn.js');
    const lengthFor = async (encodings: string): Promise<readonly [string | null, number]> => {
      const answer = await fetch(`${base}/${rating?.path ?? ''}`, { headers: { 'Accept-Encoding': encodings } });
      assert.match(answer.headers.get('vary') ?? '', /accept-encoding/i);
      return [answer.headers.get('content-encoding'), Number(answer.headers.get('content-length'))];
    };
    const [packed, length] = await lengthFor('gzip, deflate, br');
    assert.equal(packed, 'br');
    assert.ok(length < 900_000 && length > 100_000, String(length));
    for (const encodings of ['identity', 'gzip', 'br;q=0'])
      assert.deepEqual(await lengthFor(encodings), [null, rating?.body.length], encodings);
  });

  it('knows no other hash, and no way out of its files', async () => {
    const style = assets.find(({ name }) => name === 'style.css')?.path ?? '';
    for (const path of [
      style.replace(/^./, '!'),
      '..%2f..%2fpackage.json',
      'x/..%2f..%2f..%2fpackage.json',
      '__proto__/x',
    ]) {
      const answer = await fetch(`${base}/${path}`);
      assert.equal(answer.status, 404, path);
      assert.doesNotMatch(await answer.text(), /gatehouse/);
    }
  });
});
