/** Sources of an import: each read once, in the process of whoever asked for it. */
import assert from 'node:assert/strict';
import { createScriptSources } from '../../../server/extensions/script-sources.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { classicSource } from '../../support/script-compile.ts';
import { testCompiler } from '../../support/kept-scripts.ts';

describe('createScriptSources', () => {
  it('reads a source once for each tenant, and never one for another', async () => {
    const asked: string[] = [];
    const sources = createScriptSources({
      read(tenant, source, pointer) {
        asked.push(`${tenant} ${pointer}`);
        return testCompiler.read(tenant, source, pointer);
      },
    });
    const [acme, other] = [tenantId('acme'), tenantId('other')];
    assert.equal(sources.find(classicSource), undefined);
    const read = await sources.read(acme, classicSource);
    assert.equal(await sources.read(acme, classicSource), read);
    assert.deepEqual([sources.find(classicSource), sources.askedBy(classicSource)], [read, acme]);
    assert.equal(sources.find(classicSource, other), undefined);
    await sources.read(other, classicSource);
    assert.deepEqual(asked, ['acme /body', 'other /body']);
    assert.equal(sources.askedBy(classicSource), other);
  });

  it('remembers nothing of what does not compile', async () => {
    const sources = createScriptSources(testCompiler);
    await assert.rejects(sources.read(tenantId('acme'), 'let %%%'), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    assert.equal(sources.find('let %%%'), undefined);
  });
});
