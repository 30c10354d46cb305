/** Cutting JSON out of a stream: whatever its chunks, and however its sender means harm. */
import assert from 'node:assert/strict';
import { jsonMembers, type JsonMember } from '../../../server/configuration/json-members.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';

const bounds = { longestValue: 1000, deepest: 10 };

async function read(text: string | Buffer, size = 1 << 16, limits = bounds): Promise<readonly JsonMember[]> {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) {
      await Promise.resolve();
      yield new Uint8Array(bytes.subarray(at, at + size));
    }
  }
  const found: JsonMember[] = [];
  for await (const member of jsonMembers(chunks(), limits)) found.push(member);
  return found;
}

describe('jsonMembers', () => {
  const text =
    ' {"a": [1, {"b": "}],\\"\\\\"}, [2,[3]], "x", null],\n "c": {"d": [1]}, "e":[], "é": true,"f":-1.5e3 } \n';
  const members = [
    { name: 'a', index: 0, value: 1 },
    { name: 'a', index: 1, value: { b: '}],"\\' } },
    { name: 'a', index: 2, value: [2, [3]] },
    { name: 'a', index: 3, value: 'x' },
    { name: 'a', index: 4, value: null },
    { name: 'c', index: undefined, value: { d: [1] } },
    { name: 'é', index: undefined, value: true },
    { name: 'f', index: undefined, value: -1500 },
  ];

  it('finds the same whatever the chunks', async () => {
    for (let size = 1; size <= Buffer.byteLength(text); size += 1) assert.deepEqual(await read(text, size), members);
    assert.deepEqual(await read('{}'), []);
    assert.deepEqual(await read('{"a":[]}', 1), []);
  });

  it('says what JSON.parse says of any object', async () => {
    const values = [1, 'a"b\\', null, true, { a: [1, { b: {} }], c: '\u{1f600}é\n' }, [], {}, [[1], 'x,]}']];
    for (const one of values) {
      for (const other of values) {
        for (const object of [
          { one, other },
          { list: [one, other], one },
        ]) {
          for (const text of [JSON.stringify(object), JSON.stringify(object, null, 2)]) {
            for (const size of [1, 2, 3, 7, 100]) {
              const built: Record<string, unknown> = {};
              for (const [name, value] of Object.entries(object)) if (Array.isArray(value)) built[name] = [];
              for (const { name, index, value } of await read(text, size)) {
                const list = built[name];
                if (index === undefined) built[name] = value;
                else if (Array.isArray(list)) list[index] = value;
              }
              assert.deepEqual(built, JSON.parse(text));
            }
          }
        }
      }
    }
  });

  it('refuses what is no JSON object', async () => {
    const texts = [
      '',
      ' ',
      '[]',
      '1',
      '{',
      '{"a"',
      '{"a":',
      '{"a":}',
      '{"a":1',
      '{"a":1,}',
      '{,}',
      '{"a" 1}',
      '{"a":[1 2]}',
    ];
    texts.push(
      '{"a":[1,]}',
      '{"a":[,]}',
      '{"a":[1}',
      '{"a":1]',
      '{"a":1}x',
      '{"a":1}{}',
      '{a:1}',
      '{"a":tru}',
      "{'a':1}",
    );
    texts.push('{"a":{"b":1]}', '{"a":"\\x"}', '{"a":1 "b":2}', '{"a":"b\nc"}', '{"a":[}]', '{"a":[1],,}', '{"\\q":1}');
    for (const bad of texts) {
      for (const size of [1, 100]) {
        await assert.rejects(read(bad, size), (error) => isPlatformError(error, 'bad_request'), JSON.stringify(bad));
        assert.throws(() => {
          const value: unknown = JSON.parse(bad);
          assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value));
        });
      }
    }
  });

  it('refuses what is no UTF-8, and would otherwise be kept as something else', async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    await assert.rejects(read(bytes), (error) => isPlatformError(error, 'bad_request'));
  });

  it('refuses a member that is there twice: the last one would win silently', async () => {
    await assert.rejects(read('{"a":[1],"a":[2]}'), /there twice/);
    await assert.rejects(read('{"a":[1],"\\u0061":[2]}'), /there twice/);
  });

  it('never keeps more than it was told to', async () => {
    const refused = (text: string) =>
      assert.rejects(read(text, 16), (error) => isPlatformError(error, 'payload_too_large'));
    await refused(`{"a":[${'['.repeat(11)}${']'.repeat(11)}]}`);
    await refused(`{"a":[{"b":"${'x'.repeat(2000)}"}]}`);
    await refused(`{"${'x'.repeat(2000)}":1}`);
    await refused(`{"a":${'1'.repeat(2000)}}`);
    await refused(`{"a":"${'\\\\'.repeat(2000)}`);
    const many = Array.from({ length: 1001 }, (_, at) => `"m${String(at)}":1`).join(',');
    await assert.rejects(read(`{${many}}`), /too many members/);
    assert.equal((await read(`{"a":[${'1,'.repeat(5000)}1]}`)).length, 5001);
  });

  it('keeps a name of prototypes a name', async () => {
    const [first] = await read('{"__proto__":[{"__proto__":{"admin":true}}]}');
    assert.equal(first?.name, '__proto__');
    assert.equal(({} as Record<string, unknown>)['admin'], undefined);
  });
});
