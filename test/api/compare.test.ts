/** What the comparison with the published APIs finds, and what it lets pass. */
import assert from 'node:assert/strict';
import { compare, type Published, type PublishedBody, type PublishedOperation } from './compare.ts';
import type { DeclaredBody, DeclaredOperation } from './declared.ts';

const get: PublishedOperation = {
  api: 'system',
  tag: 'things',
  operationId: 'getThing',
  method: 'get',
  path: '/api/system/{tid}/things/{id}',
  statuses: [200, 404],
  query: ['deep'],
  answer: 'Thing',
};
const remove: PublishedOperation = {
  ...get,
  operationId: 'deleteThing',
  method: 'delete',
  statuses: [204, 404],
  query: [],
};
const create: PublishedOperation = {
  ...get,
  operationId: 'createThing',
  method: 'post',
  path: '/api/system/{tid}/things',
  statuses: [201, 409],
  query: [],
  body: 'NewThing',
};
const newThing: PublishedBody = { required: ['name'], values: { kind: ['red', 'green'] } };
const publish = (...operations: PublishedOperation[]): Published => ({
  operations,
  models: { system: { Thing: ['id', 'name'], NewThing: ['kind', 'name'], Part: ['colour', 'size'], Bolt: ['length'] } },
  objects: { system: { Thing: { name: 'Part' }, NewThing: { kind: 'Part' }, Part: { size: 'Bolt' } } },
  bodies: { system: { NewThing: newThing, Part: { required: ['colour'] } } },
});
const own: DeclaredOperation = {
  operationId: 'getThing',
  method: 'get',
  path: '/api/system/:tid/things/:thing',
  query: ['deep'],
  status: 200,
  refusals: [404],
  answer: ['id', 'name'],
};
const sent: DeclaredBody = {
  members: ['kind', 'name'],
  required: ['name'],
  isClosed: false,
  values: { kind: ['red', 'green'] },
};
const making: DeclaredOperation = {
  ...own,
  operationId: 'createThing',
  method: 'post',
  path: '/api/system/:tid/things',
  query: [],
  status: 201,
  refusals: [409],
  body: sent,
};
const nothing = { missing: [], differing: [], extra: [], idle: [], left: [], passed: new Map() };

describe('compare', () => {
  it('finds nothing where everything is served as published, whatever parameters of the path are called', () => {
    assert.deepEqual(compare([own], publish(get)), nothing);
  });

  it('asks nothing of the body of an answer without one', () => {
    const { answer: _, ...empty } = { ...own, operationId: 'deleteThing', method: 'delete', query: [], status: 204 };
    assert.deepEqual(compare([empty], publish(remove)), nothing);
  });

  it('finds an operation that is not served', () => {
    const { missing } = compare([own], publish(get, remove));
    assert.deepEqual(missing, ['system: deleteThing (delete /api/system/{tid}/things/{id})']);
  });

  it('finds one that is served at another path or with another method', () => {
    for (const other of [
      { ...own, method: 'post' },
      { ...own, path: '/api/system/:tid/thing/:id' },
    ]) {
      const { missing, extra } = compare([other], publish(get));
      assert.deepEqual([missing.length, extra.length], [1, 1]);
    }
  });

  it('finds every way in which one differs', () => {
    const differing = (changes: Partial<DeclaredOperation>) =>
      compare([{ ...own, ...changes }], publish(get)).differing;
    assert.deepEqual(differing({ operationId: 'readThing' }), ['system: getThing is called readThing']);
    assert.deepEqual(differing({ status: 201 }), ['system: getThing answers 201, which is not published']);
    assert.deepEqual(differing({ query: [] }), ['system: getThing does not read the query parameter deep']);
    assert.deepEqual(differing({ query: ['deep', 'wide'] }), [
      'system: getThing reads the query parameter wide, which is not published',
    ]);
    assert.deepEqual(differing({ answer: ['id', 'name', 'more'] }), [
      'system: getThing answers more, which Thing does not have',
    ]);
    assert.deepEqual(differing({ answer: ['id'] }), ['system: getThing does not answer name of Thing']);
  });

  it('finds every way in which a body differs', () => {
    const differing = (changes: Partial<DeclaredBody>) =>
      compare([{ ...making, body: { ...sent, ...changes } }], publish(create)).differing;
    assert.deepEqual(differing({}), []);
    assert.deepEqual(differing({ members: ['name'], values: {} }), [
      'system: createThing does not read kind of NewThing',
    ]);
    assert.deepEqual(differing({ members: ['name'], values: {}, isClosed: true }), [
      'system: createThing refuses kind of NewThing',
    ]);
    assert.deepEqual(differing({ members: ['kind', 'name', 'size'] }), [
      'system: createThing reads size, which NewThing does not have',
    ]);
    assert.deepEqual(differing({ required: ['kind', 'name'] }), [
      'system: createThing asks for kind, which NewThing does not',
    ]);
    assert.deepEqual(differing({ required: [] }), ['system: createThing does not ask for name, which NewThing does']);
    assert.deepEqual(differing({ values: { kind: ['red', 'blue'] } }), [
      'system: createThing does not take green as kind of NewThing',
      'system: createThing takes blue as kind, which NewThing does not',
    ]);
    assert.deepEqual(differing({ values: {} }), [], 'whatever it is, a text is taken');
  });

  it('finds a body that only one side has', () => {
    const { body: _, ...bodiless } = making;
    assert.deepEqual(compare([bodiless], publish(create)).differing, [
      'system: createThing reads no body, as NewThing is',
    ]);
    const { body: __, ...other } = create;
    assert.deepEqual(compare([making], publish(other)).differing, [
      'system: createThing reads a body, which is not published',
    ]);
  });

  it('finds errors that only one side gives', () => {
    assert.deepEqual(compare([{ ...own, refusals: [404, 413] }], publish(get)).differing, [
      'system: getThing may answer 413, which is not published',
    ]);
    assert.deepEqual(compare([{ ...own, refusals: [] }], publish(get)).differing, [
      'system: getThing never answers 404',
    ]);
  });

  it('finds an operation that nobody published', () => {
    const other = { ...own, operationId: 'sing', path: '/api/system/:tid/songs' };
    assert.deepEqual(compare([own, other], publish(get)).extra, ['sing (get /api/system/:tid/songs)']);
  });

  describe('with explanations', () => {
    const why = 'so it is';

    it('lets pass what they explain, by operation or by model', () => {
      const differing = { ...own, query: [], answer: ['id'] };
      const explained = [
        { operationId: 'getThing', member: 'deep', why },
        { model: 'Thing', member: 'name', why },
        { api: 'system', operationId: 'deleteThing', why },
        { operationId: 'sing', why },
      ];
      const other = { ...own, operationId: 'sing', path: '/api/system/:tid/songs' };
      const left = ['system: deleteThing (delete /api/system/{tid}/things/{id}): so it is'];
      const passed = new Map([
        [
          why,
          ['system: getThing does not read the query parameter deep', 'system: getThing does not answer name of Thing'],
        ],
      ]);
      assert.deepEqual(compare([differing, other], publish(get, remove), explained), { ...nothing, left, passed });
    });

    it('lets nothing else pass', () => {
      const { differing } = compare([{ ...own, query: [], answer: ['id'] }], publish(get), [
        { operationId: 'getThing', member: 'name', why },
      ]);
      assert.deepEqual(differing, ['system: getThing does not read the query parameter deep']);
      const { missing } = compare([own], publish(get, remove), [{ api: 'admin', operationId: 'deleteThing', why }]);
      assert.equal(missing.length, 1);
    });

    it('lets a group be left out as a whole, and not in part', () => {
      const explained = [{ tag: 'things', why }];
      const { left, ...rest } = compare([], publish(get, remove), explained);
      assert.deepEqual({ ...rest, left: [] }, nothing);
      assert.equal(left.length, 2);
      const { missing, idle } = compare([own], publish(get, remove), explained);
      assert.deepEqual([missing.length, idle.length], [1, 1]);
    });

    it('lets bodies differ only as they are said to', () => {
      const without = { ...making, body: { ...sent, members: ['name'], required: [], values: {}, isClosed: true } };
      const [ignored, refused, optional] = ['kind', 'kind!', 'name*'].map((name) => ({
        model: 'NewThing',
        sent: name,
        why,
      }));
      assert.ok(ignored && refused && optional);
      const { differing, idle } = compare([without], publish(create), [ignored, optional]);
      assert.deepEqual(differing, ['system: createThing refuses kind of NewThing']);
      assert.deepEqual(idle, ['any API: NewThing: kind: so it is'], 'to be passed over is not to be refused');
      assert.deepEqual(compare([without], publish(create), [refused, optional]).differing, []);
      // An answer may leave out what a body has to be read with.
      const answered = [{ model: 'NewThing', member: 'kind', why }];
      assert.equal(compare([without], publish(create), answered).differing.length, 2);
      const value = { ...making, body: { ...sent, values: { kind: ['red'] } } };
      const explained = [{ model: 'NewThing', sent: 'kind=green', why }];
      assert.deepEqual(compare([value], publish(create), explained).differing, []);
    });

    it('lets every body or every operation differ by one reason, in the direction that it names', () => {
      const without = { ...making, body: { ...sent, members: ['name'], values: {} } };
      assert.deepEqual(compare([without], publish(create), [{ sent: 'kind', why }]).differing, []);
      const [more, less] = [
        { ...own, refusals: [404, 409] },
        { ...making, refusals: [] },
      ];
      const both = compare([more, less], publish(get, create), [{ status: 409, why }]);
      assert.deepEqual(both.differing, ['system: createThing never answers 409']);
      const never = compare([more, less], publish(get, create), [{ status: 409, isNever: true, why }]);
      assert.deepEqual(never.differing, ['system: getThing may answer 409, which is not published']);
      const named = compare([less], publish(create), [{ operationId: 'createThing', status: 409, why }]);
      assert.deepEqual(named.differing, []);
    });

    it('finds those that explain nothing any more', () => {
      const { idle } = compare([own], publish(get), [{ model: 'Thing', member: 'name', why }]);
      assert.deepEqual(idle, ['any API: Thing: name: so it is']);
    });
  });

  describe('of objects within answers and bodies', () => {
    const bolt = { members: ['length'] };
    const part = { members: ['colour', 'size'], below: { size: bolt } };
    const answering = (name: object) => compare([{ ...own, answered: { name: { ...part, ...name } } }], publish(get));

    it('finds nothing where they are as published, or told by one side alone', () => {
      assert.deepEqual(answering({}).differing, []);
      assert.deepEqual(compare([own], publish(get)).differing, []);
      assert.deepEqual(compare([{ ...own, answered: { id: bolt } }], publish(get)).differing, []);
    });

    it('finds what is answered otherwise, however deep', () => {
      assert.deepEqual(answering({ members: ['colour', 'weight'], below: {} }).differing, [
        'system: getThing answers weight, which Part does not have',
        'system: getThing does not answer size of Part',
      ]);
      assert.deepEqual(answering({ below: { size: { members: ['length', 'thread'] } } }).differing, [
        'system: getThing answers thread, which Bolt does not have',
      ]);
    });

    it('finds what is read otherwise, and what has to be sent', () => {
      const kind: DeclaredBody = { members: ['size', 'weight'], required: ['size'], isClosed: true, values: {} };
      const { differing } = compare([{ ...making, body: { ...sent, below: { kind } } }], publish(create));
      assert.deepEqual(differing, [
        'system: createThing refuses colour of Part',
        'system: createThing reads weight, which Part does not have',
        'system: createThing asks for size, which Part does not',
      ]);
    });

    it('lets pass what is explained for the model of the object, and finds a reason that is not needed any more', () => {
      const why = 'nobody weighs anything';
      const explained = [{ model: 'Part', member: 'weight', why }];
      const heavy = { ...own, answered: { name: { ...part, members: [...part.members, 'weight'] } } };
      assert.deepEqual(compare([heavy], publish(get), explained).differing, []);
      const { idle } = compare([{ ...own, answered: { name: part } }], publish(get), explained);
      assert.deepEqual(idle, [`any API: Part: weight: ${why}`]);
    });

    it('finds an object whose facts nobody wrote down', () => {
      const unknown = { ...publish(get), models: { system: { Thing: ['id', 'name'] } } };
      assert.deepEqual(compare([{ ...own, answered: { name: part } }], unknown).differing, [
        'system: getThing answers Part as name of Thing, of which there are no facts',
      ]);
    });
  });
});
