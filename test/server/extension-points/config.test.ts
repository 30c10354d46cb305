import assert from 'node:assert/strict';
import { z } from 'zod';
import { configFaults, createPluginConfig, isEnabled } from '../../../server/extension-points/config.ts';
import { workspaceSettingsSchema } from '../../../server/workspaces/workspace.ts';

const settings = (plugins: Readonly<Record<string, unknown>>) => workspaceSettingsSchema.parse({ plugins });

const off = { id: 'p', isOnByDefault: false };
const on = { id: 'p', isOnByDefault: true };

describe('isEnabled', () => {
  it('is: present, and neither false nor null', () => {
    assert.ok(isEnabled(off, settings({ p: {} })));
    assert.ok(isEnabled(off, settings({ p: true })));
    for (const plugins of [{}, { p: false }, { p: null }])
      assert.ok(!isEnabled(off, settings(plugins)), JSON.stringify(plugins));
  });

  it('is of one that is on by default: anything but false and null', () => {
    for (const plugins of [{}, { p: {} }, { p: true }])
      assert.ok(isEnabled(on, settings(plugins)), JSON.stringify(plugins));
    for (const plugins of [{ p: false }, { p: null }])
      assert.ok(!isEnabled(on, settings(plugins)), JSON.stringify(plugins));
  });

  it('finds nothing in what every object inherits', () => {
    for (const id of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
      assert.ok(!isEnabled({ id, isOnByDefault: false }, settings({})), id);
  });
});

describe('createPluginConfig', () => {
  const schema = z.object({ days: z.number().default(3) });
  const config = createPluginConfig(off, schema);

  it('answers the settings with their defaults', () => {
    assert.deepEqual(config.of(settings({ p: true })), { days: 3 });
    assert.deepEqual(config.of(settings({ p: { days: 5 } })), { days: 5 });
  });

  it('answers the defaults of one that is on by default where nothing is said', () => {
    assert.deepEqual(createPluginConfig(on, schema).of(settings({})), { days: 3 });
    assert.throws(() => createPluginConfig(on, schema).of(settings({ p: false })), { code: 'internal' });
  });

  it('answers nothing where the plugin is disabled or its stored settings are refused', () => {
    assert.throws(() => config.of(settings({})), { code: 'internal' });
    assert.throws(() => config.of(settings({ p: { days: 'x' } })), { code: 'internal' });
  });
});

describe('configFaults', () => {
  const schema = z.object({ 'a/b': z.object({ days: z.number() }) });

  it('points at each member that is wrong (RFC 6901)', () => {
    assert.deepEqual(
      configFaults('p', schema, { 'a/b': { days: 'x' } }).map(({ pointer }) => pointer),
      ['/plugins/p/a~1b/days'],
    );
  });

  it('refuses a member the schema does not know', () => {
    assert.match(configFaults('p', schema, { 'a/b': { days: 1 }, dayz: 2 })[0]?.message ?? '', /dayz/);
  });

  it('finds no fault in disabling', () => {
    assert.deepEqual(configFaults('p', schema, false), []);
  });
});
