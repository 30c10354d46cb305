/** The log: JSON with a trace id, and none of the secrets that code may hand to it. */
import assert from 'node:assert/strict';
import { withTraceId } from '../../../server/http/trace.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import type { Log } from '../../../server/kernel/log.ts';
import { credentialKinds, secretFieldsOf } from '../../../server/compose-kinds.ts';
import { createLog } from '../../../server/ops/log.ts';
import type { LogLevel } from '../../../server/config.ts';

const secretFields = secretFieldsOf(credentialKinds);

function captured(
  level: LogLevel = 'debug',
  format: 'json' | 'pretty' = 'json',
  secrets = secretFields,
): { log: Log; text: () => string } {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  return { log: createLog({ log: { level, format } }, secrets, destination), text: () => text };
}

function written(write: (log: Log) => void): Record<string, unknown> {
  const { log, text } = captured();
  write(log);
  // A line of pino.
  return JSON.parse(text()) as Record<string, unknown>;
}

describe('createLog', () => {
  it('writes one JSON object a line', () => {
    const { time, ...line } = written((log) => {
      log.info({ status: 200, nested: { a: [1, true, null] } }, 'request');
    });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(line, { level: 'info', status: 200, nested: { a: [1, true, null] }, message: 'request' });
  });

  it('carries the trace id of the request', () => {
    const line = withTraceId('4bf92f3577b34da6a3ce929d0e0e4736', () =>
      written((log) => {
        log.info({}, 'x');
      }),
    );
    assert.equal(line['trace_id'], '4bf92f3577b34da6a3ce929d0e0e4736');
    assert.ok(
      !(
        'trace_id' in
        written((log) => {
          log.info({}, 'x');
        })
      ),
    );
  });

  it('keeps quiet below its level', () => {
    const { log, text } = captured('warn');
    log.debug({}, 'a');
    log.info({}, 'b');
    assert.equal(text(), '');
    log.warn({}, 'c');
    log.error({}, 'd');
    assert.equal(text().trim().split('\n').length, 2);
  });

  it('gives a child’s fields to all its lines', () => {
    const line = written((log) => {
      log.child({ room: 'oauth2', token: 'hunter2' }).info({ a: 1 }, 'x');
    });
    assert.equal(line['room'], 'oauth2');
    assert.equal(line['token'], '[redacted]');
  });

  it('redacts secrets by name, at any depth and in any case', () => {
    const secrets = {
      password: 'hunter2',
      clientSecret: 'hunter2',
      Authorization: 'Bearer hunter2',
      request: { headers: { cookie: 'hunter2', host: 'hunter2' }, body: 'hunter2' },
      list: [{ refresh_token: 'hunter2' }, { deep: { access_token: { a: 'hunter2' } } }],
      bytes: Buffer.from('hunter2'),
      note: 'sent Bearer hunter2.hunter2 along',
    };
    const text = JSON.stringify(
      written((log) => {
        log.info(secrets, 'x');
      }),
    );
    assert.doesNotMatch(text, /hunter2/);
    assert.doesNotMatch(text, /104,117,110/);
  });

  it('redacts what kinds of credentials say is secret, whoever hands it over, and a form as a whole', () => {
    const given = {
      user: { newPassword: 'hunter2', old_password: 'hunter2', payload: { hashed_password: 'hunter2' } },
      said: [{ otp: 'hunter2', webauthn: '{"id":"hunter2"}', change: { webAuthn: 'hunter2' } }],
      fields: { phrase: 'hunter2' },
      answer: { otp: 'hunter2' },
    };
    const { log, text } = captured();
    log.info(given, 'x');
    assert.doesNotMatch(text(), /hunter2/);
    const { log: bare, text: said } = captured('debug', 'json', []);
    bare.info({ said: given.said }, 'x');
    assert.match(said(), /"otp":"hunter2"/, 'it is the kinds that say so');
  });

  it('cuts queries, fragments and credentials from every URL', () => {
    const text = JSON.stringify(
      written((log) => {
        log.warn(
          {
            url: 'https://a.example/cb?code=hunter2#hunter2',
            path: '/acme/x?token=hunter2',
            err: new Error('GET http://u:hunter2@b.example/p?x=hunter2 failed'),
          },
          'mysql://root:hunter2@db/gatehouse is away: /callback?state=hunter2',
        );
      }),
    );
    assert.doesNotMatch(text, /hunter2/);
    assert.match(text, /https:\/\/a\.example\/cb/);
    assert.match(text, /mysql:\/\/db\/gatehouse is away/);
  });

  it('keeps an error’s code, status, frames and causes, and nothing else of it', () => {
    const inner = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED', config: { headers: 'hunter2' } });
    const error = new PlatformError('unavailable', 'Try later.', { cause: inner, details: { secret: 'hunter2' } });
    const line = written((log) => {
      log.error({ err: error }, 'x');
    });
    const err = line['err'];
    assert.ok(typeof err === 'object' && err && 'stack' in err && 'cause' in err);
    assert.partialDeepStrictEqual(err, {
      type: 'PlatformError',
      code: 'unavailable',
      status: 503,
      message: 'Try later.',
      cause: { type: 'Error', code: 'ECONNREFUSED', message: 'connect refused' },
    });
    assert.match(String(err.stack), /^at .*log\.test\.ts/);
    assert.doesNotMatch(JSON.stringify(line), /hunter2/);
  });

  it('leaves out the statements and values that databases repeat', () => {
    const values = `insert into \`users\` values ('hunter2', '${'x'.repeat(5_000)}') - UNIQUE constraint failed: users.id`;
    const duplicate = new Error("Duplicate entry 'hunter2@example.com' for key 'identifiers.PRIMARY'", {
      cause: new Error(values),
    });
    const text = JSON.stringify(
      written((log) => {
        log.error({ err: duplicate }, 'x');
      }),
    );
    assert.doesNotMatch(text, /hunter2/);
    assert.match(text, /Duplicate entry \[redacted\] for key/);
    assert.match(text, /UNIQUE constraint failed: users\.id/);
  });

  it('bounds what it writes, and survives circles', () => {
    const circle: Record<string, unknown> = {
      long: 'x'.repeat(100_000),
      many: Array.from({ length: 10_000 }, () => 'y'.repeat(10)),
    };
    circle['self'] = circle;
    const chain = new Error('a');
    chain.cause = chain;
    const text = JSON.stringify(
      written((log) => {
        log.info({ circle, chain, big: 10n, fn: () => 1 }, 'x');
      }),
    );
    assert.ok(text.length < 40_000, String(text.length));
  });

  it('can be read by people, and moves no cursor', () => {
    const { log, text } = captured('debug', 'pretty');
    log.warn({ route: '/:tid', note: 'a b\u001b[2J', err: new Error('boom\nFAKE LINE') }, 'watch\nout');
    const [line = '', ...frames] = text().trimEnd().split('\n');
    assert.match(line, /^\d\d:\d\d:\d\d warn {2}watch out {2}route=\/:tid note="a b.*" err=\{"type":"Error"/);
    assert.ok(!text().includes('\u001b'));
    assert.ok(frames.length > 0);
    for (const frame of frames) assert.match(frame, /^ {4}at /);
  });
});
