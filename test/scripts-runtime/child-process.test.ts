/** A child that was captured: whatever it says, it gets nothing, and nobody else notices. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createChildUse } from '../../scripts-runtime/child-use.ts';
import { launchOf } from '../../scripts-runtime/launch.ts';
import { loadProgram } from '../../scripts-runtime/program.ts';
import { runScript } from '../../scripts-runtime/run-script.ts';
import { bareScript, otherChildren, testHost } from '../support/scripts.ts';

/** Speaks the protocol, and does what `onRun` says when it is given a script. */
const captured = (onRun: string): string => `
import { Socket } from 'node:net';
const socket = new Socket({ fd: 3 });
const raw = (bytes) => socket.write(bytes);
const say = (message) => { const body = Buffer.from(JSON.stringify(message)); const head = Buffer.alloc(4); head.writeUInt32BE(body.length); raw(Buffer.concat([head, body])); };
let kept = Buffer.alloc(0);
socket.on('data', (chunk) => {
  kept = Buffer.concat([kept, chunk]);
  while (kept.length >= 4 && kept.length >= 4 + kept.readUInt32BE()) {
    const message = JSON.parse(kept.toString('utf8', 4, 4 + kept.readUInt32BE()));
    kept = kept.subarray(4 + kept.readUInt32BE());
    if (message.type === 'init') say({ type: 'ready' });
    if (message.type === 'run') { const id = message.id; ${onRun} }
  }
});`;

const ok = (extra: string): string => `say({ type: 'done', id, cpuMs: 1, outcome: JSON.stringify(${extra}) });`;

function ofProcess(pid: number, file: string): string {
  return readFileSync(`/proc/${String(pid)}/${file}`, 'utf8');
}

function descendants(pid: number): readonly number[] {
  const own = ofProcess(pid, `task/${String(pid)}/children`)
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return own.flatMap((one) => [one, ...descendants(one)]);
}

describe('a captured child', function () {
  const script = bareScript('module.exports = () => 1');

  async function runIn(onRun: string, wallMs = 20_000, effects: readonly 'scopes'[] = []) {
    const { use, incidents } = await otherChildren(1, () => captured(onRun));
    const host = testHost();
    try {
      const result = await runScript(use, {
        tenant: 'acme',
        script: { ...script, manifest: { ...script.manifest, effects } },
        input: {},
        secrets: {},
        host,
        limits: { wallMs },
      });
      return { result, incidents, host };
    } finally {
      await use.stop(0);
    }
  }

  const lies: readonly (readonly [what: string, onRun: string])[] = [
    ['the result of another run', "say({ type: 'done', id: '0'.repeat(32), cpuMs: 1, outcome: '{}' });"],
    ['a message that there is not', "say({ type: 'sudo', id });"],
    ['a member too many', "say({ type: 'done', id, cpuMs: 1, outcome: '{}', admin: true });"],
    ['a message without end', 'raw(Buffer.from([0xff, 0xff, 0xff, 0xff]));'],
    ['no JSON', "raw(Buffer.concat([Buffer.from([0, 0, 0, 3]), Buffer.from('{x}')]));"],
    ['calls out of their order', "say({ type: 'call', id, n: 5, call: 'fetch', request: '{}' });"],
    ['a call that there is not', "say({ type: 'call', id, n: 0, call: 'query', request: '{}' });"],
    ['a compiled script', "say({ type: 'compiled', id, result: { kind: 'refused', code: 'syntax', message: '' } });"],
    ['that it refused a scope, which it may not', "say({ type: 'refused', id, scope: 'email' });"],
    ['that it stopped when nobody said so', "say({ type: 'stopped', id, cpuMs: 0 });"],
  ];
  for (const [what, onRun] of lies) {
    it(`is ended when it says ${what}`, async () => {
      const { result, incidents, host } = await runIn(onRun);
      assert.equal(result.kind, 'host_crash', JSON.stringify(result));
      assert.ok(
        incidents.some(({ kind }) => kind === 'forged'),
        JSON.stringify(incidents),
      );
      assert.deepEqual(host.sent, []);
    });
  }

  it('is killed when it says nothing', async () => {
    const { result } = await runIn('', 500);
    assert.equal(result.kind === 'error' && result.fault, 'timeout');
  });

  it('has no effects that its script did not declare', async () => {
    const { result } = await runIn(
      ok("{ kind: 'ok', output: null, effects: [{ effect: 'claims', name: 'admin', value: true }] }"),
    );
    assert.equal(result.kind === 'error' && result.message, '"claims" is not among the effects of this script');
  });

  it('reaches no host that its script may not', async () => {
    const request = `JSON.stringify({ url: 'https://elsewhere.example.com/', method: 'GET', headers: [], redirect: 'follow' })`;
    const { host } = await runIn(
      `say({ type: 'call', id, n: 0, call: 'fetch', request: ${request} }); setTimeout(() => { ${ok("{ kind: 'ok', output: 1, effects: [] }")} }, 100);`,
    );
    assert.deepEqual(host.sent, []);
  });

  it('suspends no login that its script may not', async () => {
    const { result } = await runIn(
      `say({ type: 'call', id, n: 0, call: 'sleep', request: '{"duration":1000}' }); setTimeout(() => { ${ok("{ kind: 'ok', output: 1, effects: [] }")} }, 100);`,
    );
    assert.equal(result.kind, 'ok', JSON.stringify(result));
  });

  it('pollutes no prototype by what it returns', async () => {
    const { result } = await runIn(
      `say({ type: 'done', id, cpuMs: 1, outcome: '{"kind":"ok","effects":[],"output":{"__proto__":{"admin":true},"a":1}}' });`,
    );
    assert.ok(result.kind === 'ok');
    assert.deepEqual(Object.getOwnPropertyNames(result.output), ['a']);
  });

  it('brings down nobody by a value that nests a hundred thousand deep', async () => {
    const { result } = await runIn(
      `say({ type: 'done', id, cpuMs: 1, outcome: '{"kind":"ok","effects":[],"output":' + '['.repeat(100000) + ']'.repeat(100000) + '}' });`,
    );
    assert.equal(result.kind, 'error');
  });

  it('that dies is replaced once, and then given up', async () => {
    const { result, incidents } = await runIn('process.exit(9);');
    assert.equal(result.kind, 'host_crash');
    assert.equal(incidents.length, 2);
  });

  it('that dies has refused what it refused, in whichever of its processes', async () => {
    const refusing = (scope: string) => `say({ type: 'refused', id, scope: ${scope} });`;
    const dying = `${refusing("'email'")} socket.end(() => process.exit(9));`;
    const { result } = await runIn(dying, 20_000, ['scopes']);
    assert.equal(result.kind, 'host_crash', JSON.stringify(result));
    assert.deepEqual(result.refused, { scopes: ['email'], isComplete: true });
    const { result: hanging } = await runIn(refusing("'email'"), 500, ['scopes']);
    assert.ok(hanging.kind === 'error' && hanging.fault === 'timeout');
    assert.deepEqual(hanging.refused.scopes, ['email']);
  });

  it('refuses no more scopes than are kept, and it is known that it tried', async () => {
    const many = `for (let n = 0; n < 1000; n += 1) say({ type: 'refused', id, scope: 's' + n }); ${ok("{ kind: 'error', message: '', stack: '' }")}`;
    const { result } = await runIn(many, 20_000, ['scopes']);
    assert.ok(result.kind === 'error', JSON.stringify(result));
    assert.deepEqual([result.refused.scopes.length, result.refused.isComplete], [200, false]);
  });

  it('has no capability left, and sees no files, no environment and no network in its namespaces', async function () {
    const program = await loadProgram();
    // Other suites may have processes that outlive them.
    const others = new Set(descendants(process.pid));
    let use;
    try {
      launchOf('namespaces', program.addon);
      const look = `let seen = {}; const fs = process.getBuiltinModule('node:fs');
        const attempt = (work) => { try { return work(); } catch (error) { return error.code; } };
        seen = { env: Object.keys(process.env), pid: process.pid, passwd: attempt(() => fs.readFileSync('/etc/passwd', 'utf8').length), nets: Object.keys(attempt(() => process.getBuiltinModule('node:os').networkInterfaces()) ?? {}) };
        ${ok("{ kind: 'ok', effects: [], output: seen }")}`;
      use = await createChildUse({ children: 1 }, { ...program, child: captured(look) });
    } catch (error) {
      if (process.env['REQUIRE_NAMESPACES'] === '1') throw error;
      process.stdout.write(`      skipped, no namespaces: ${String(error)}\n`);
      this.skip(); // the line above has printed why
    }
    const statuses = descendants(process.pid)
      .filter((pid) => !others.has(pid) && ofProcess(pid, 'cmdline').startsWith(process.execPath))
      .map((pid) => ofProcess(pid, 'status'));
    assert.equal(statuses.length, 1);
    for (const set of ['CapPrm', 'CapEff', 'CapBnd'])
      assert.match(statuses[0] ?? '', new RegExp(`^${set}:\\t0+$`, 'm'));
    assert.match(statuses[0] ?? '', /^NoNewPrivs:\t1$/m);
    const result = await runScript(use, { tenant: 'acme', script, input: {}, secrets: {}, host: testHost() });
    await use.stop(0);
    assert.ok(result.kind === 'ok', JSON.stringify(result));
    assert.deepEqual(result.output, { env: [], pid: 1, passwd: 'ERR_ACCESS_DENIED', nets: [] });
  });
});
