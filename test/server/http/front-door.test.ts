/** Who is asked, in which order, and what becomes of failures on the way. */
import assert from 'node:assert/strict';
import express from 'express';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { createFrontDoor, raiseEarlier, type FrontDoorParts } from '../../../server/http/front-door.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve, type Answer } from '../../support/serve.ts';

describe('createFrontDoor', () => {
  let asked: string[] = [];
  beforeEach(() => {
    asked = [];
  });

  async function ask(path: string, parts: Partial<FrontDoorParts> = {}): Promise<Answer> {
    const app = express();
    app.disable('etag');
    app.use(raiseEarlier);
    app.use((req, res) => {
      asked.push(`app ${req.url}`);
      res.end('app');
    });
    app.use(errorHandler({ log: silentLog }));
    const passing =
      (name: string): FrontDoorParts['pinHost'] =>
      (_req, _res, next) => {
        asked.push(name);
        next();
      };
    const door = createFrontDoor({
      preamble: [passing('first'), passing('second')],
      pinHost: passing('host'),
      shortCut: {
        takes: ({ url }) => url?.startsWith('/short') === true,
        answer(req, res) {
          asked.push(`short cut ${req.url ?? ''}`);
          res.end('short cut');
          return Promise.resolve(true);
        },
      },
      app,
      ...parts,
    });
    const served = await serve(door);
    try {
      return await served.ask(path);
    } finally {
      await served.close();
    }
  }

  it('runs the preamble in order, then the application', async () => {
    assert.equal((await ask('/else')).text, 'app');
    assert.deepEqual(asked, ['first', 'second', 'app /else']);
  });

  it('takes the short cut past the application, and never past the host', async () => {
    assert.equal((await ask('/short')).text, 'short cut');
    assert.deepEqual(asked, ['first', 'second', 'host', 'short cut /short']);
  });

  it('asks the application where the short cut leads nowhere', async () => {
    const shortCut = { takes: () => true, answer: () => Promise.resolve(false) };
    assert.equal((await ask('/short/of/nothing', { shortCut })).text, 'app');
    assert.equal(asked.at(-1), 'app /short/of/nothing');
  });

  it('answers a refused host as the application answers errors, and asks nobody else', async () => {
    const pinHost = (): never => {
      throw new PlatformError('misdirected_request', 'not here');
    };
    const answer = await ask('/short', { pinHost });
    assert.equal(answer.status, 421);
    assert.deepEqual(answer.json(), { status_code: 421, error: 'not here', error_code: 'misdirected_request' });
    assert.deepEqual(asked, ['first', 'second']);
  });

  it('answers what fails in the short cut or before everything, and says nothing of why', async () => {
    const failing = [
      { shortCut: { takes: () => true, answer: () => Promise.reject(new Error('a secret')) } },
      {
        preamble: [
          () => {
            throw new Error('a secret');
          },
        ],
      },
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whoever throws nothing has failed too
      { shortCut: { takes: () => true, answer: () => Promise.reject() } },
    ];
    for (const parts of failing) {
      const answer = await ask('/short', parts);
      assert.equal(answer.status, 500);
      assert.doesNotMatch(answer.text, /secret/);
      assert.ok(!asked.some((name) => name.startsWith('app')));
    }
  });
});
