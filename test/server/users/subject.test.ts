import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { idpId } from '../../../server/kernel/ids.ts';
import { subjectFor } from '../../../server/users/subject.ts';

describe('subjectFor', () => {
  it('is SHA-256 over both parts with their lengths', () => {
    const bytes = Buffer.from('\0\0\0\x04demo\0\0\0\x04zo\u00eb', 'utf8');
    assert.equal(subjectFor('hash', idpId('demo'), 'zoë'), createHash('sha256').update(bytes).digest('hex'));
  });

  it('tells apart what reads the same in a row', () => {
    assert.notEqual(subjectFor('hash', idpId('ab'), 'c'), subjectFor('hash', idpId('a'), 'bc'));
    assert.notEqual(subjectFor('hash', idpId('a'), 'x'), subjectFor('hash', idpId('b'), 'x'));
  });

  it('is the idp’s own name where a workspace asks for the legacy format', () => {
    assert.equal(subjectFor('legacy', idpId('demo'), 'zoë'), 'zoë');
  });
});
