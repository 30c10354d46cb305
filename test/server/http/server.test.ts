/** The listening socket: busy ports, slow senders, and a drain that loses no answer. */
import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { ConfigError } from '../../../server/config.ts';
import { listen } from '../../../server/http/server.ts';
import { recordingLog, silentLog } from '../../support/recording-log.ts';

const local = { host: '127.0.0.1', port: 0, log: silentLog };

function ask(port: number, agent: Agent): Promise<{ response: IncomingMessage; text: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => {
        resolve({ response, text });
      });
      response.on('error', reject);
    }).on('error', reject);
  });
}

describe('listen', () => {
  it('names HTTP_PORT in one sentence when the port is busy', async () => {
    const first = await listen({ ...local, app: () => undefined });
    await assert.rejects(listen({ ...local, port: first.port, app: () => undefined }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.problems[0]?.name, 'HTTP_PORT');
      assert.match(error.message, new RegExp(`another program listens on 127\\.0\\.0\\.1:${String(first.port)}`));
      return true;
    });
    await first.close(0);
  });

  it('names HTTP_HOST when this machine has no such address', async () => {
    await assert.rejects(listen({ ...local, host: '192.0.2.1', app: () => undefined }), /HTTP_HOST/);
  });

  it('refuses heads above 16 KB (RFC 6585 §5)', async () => {
    const server = await listen({ ...local, app: (_req, res) => res.end('ok') });
    const answer = await fetch(`http://127.0.0.1:${String(server.port)}/`, {
      headers: { 'x-long': 'a'.repeat(17_000) },
    });
    assert.equal(answer.status, 431);
    await server.close(0);
  });

  it('finishes what is in progress when it drains, tells the caller to hang up, and takes nothing more', async () => {
    const begun = Promise.withResolvers<undefined>();
    const finish = Promise.withResolvers<undefined>();
    const server = await listen({
      ...local,
      app: (_req, res) => {
        begun.resolve(undefined);
        void finish.promise.then(() => res.end('whole'));
      },
    });
    const agent = new Agent({ keepAlive: true });
    const answer = ask(server.port, agent);
    await begun.promise;
    const closed = server.close(10_000);
    await assert.rejects(ask(server.port, new Agent()), /ECONNREFUSED/);
    finish.resolve(undefined);
    const { response, text } = await answer;
    assert.equal(text, 'whole');
    assert.equal(response.headers.connection, 'close');
    await closed;
    agent.destroy();
  });

  it('does not wait for idle connections', async () => {
    const server = await listen({ ...local, app: (_req, res) => res.end('ok') });
    const agent = new Agent({ keepAlive: true });
    await ask(server.port, agent);
    await server.close(60_000);
    agent.destroy();
  });

  it('closes a connection whose answer had begun before the drain, once it is whole', async () => {
    const begun = Promise.withResolvers<undefined>();
    const finish = Promise.withResolvers<undefined>();
    const server = await listen({
      ...local,
      app: (_req, res) => {
        res.write('half ');
        begun.resolve(undefined);
        void finish.promise.then(() => res.end('whole'));
      },
    });
    const agent = new Agent({ keepAlive: true });
    const answer = ask(server.port, agent);
    await begun.promise;
    const closed = server.close(60_000);
    finish.resolve(undefined);
    assert.equal((await answer).text, 'half whole');
    await closed;
    agent.destroy();
  });

  it('cuts what is left after the grace, and says so', async () => {
    const begun = Promise.withResolvers<undefined>();
    const { log, lines } = recordingLog();
    const server = await listen({
      ...local,
      log,
      app: () => {
        begun.resolve(undefined);
      },
    });
    const answer = ask(server.port, new Agent());
    const cut = assert.rejects(answer, /socket hang up|ECONNRESET/);
    await begun.promise;
    await server.close(20);
    await cut;
    assert.equal(lines.at(-1)?.level, 'warn');
    await server.close(20);
  });
});
