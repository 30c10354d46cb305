/** What a login's proofs add up to. */
import assert from 'node:assert/strict';
import { byRefusal, type Proof, type ProofContent } from '../../../server/interactions/proof.ts';
import { provenSoFar } from '../../../server/interactions/proven-so-far.ts';
import { idpId, proofId } from '../../../server/kernel/ids.ts';
import { ada, interaction, newYear } from '../../support/interactions.ts';

const bob = { ...ada, subject: 'sub-of-bob' };

function proof(content: ProofContent, spent = true): Proof {
  const { tenantId, workspaceId, id, clientId } = interaction();
  return {
    tenantId,
    workspaceId,
    id: proofId('p'),
    interactionId: id,
    clientId,
    idpId: undefined,
    update: 'u',
    nonce: 'n',
    content,
    createdAt: newYear,
    expiresAt: newYear,
    consumedBy: spent ? 'x' : undefined,
  };
}
const proves = (person: typeof ada): ProofContent => ({
  kind: 'authenticated',
  person,
  credential: { mechanism: 'password', mark: '1' },
  context: { name: person.subject },
  satisfied: ['idp:pool-idp'],
});
const passes = (stepId: string, subject = ada.subject): ProofContent => ({
  kind: 'step',
  subject,
  stepId,
  outcome: 'passed',
  data: {},
});

describe('provenSoFar', () => {
  it('knows nobody before a proof was spent', () => {
    assert.equal(provenSoFar([]), undefined);
    assert.equal(provenSoFar([proof(proves(ada), false)]), undefined);
  });

  it('keeps steps that a person passed when they prove themselves again', () => {
    const so = provenSoFar([proof(proves(ada)), proof(passes('terms')), proof(proves(ada))]);
    assert.deepEqual([...(so?.passed ?? [])], ['terms']);
  });

  it('never lets one person use the steps that another passed', () => {
    const so = provenSoFar([proof(proves(ada)), proof(passes('terms')), proof(proves(bob))]);
    assert.equal(so?.person.subject, 'sub-of-bob');
    assert.equal(so.passed.size, 0);
  });

  it('never lets who comes by one idp use the steps that were passed by another, although both call them the same', () => {
    const elsewhere = { ...ada, idpId: idpId('another-idp') };
    const so = provenSoFar([proof(proves(ada)), proof(passes('terms')), proof(proves(elsewhere))]);
    assert.deepEqual([so?.person.idpId, so?.passed.size], ['another-idp', 0]);
  });

  it('keeps a step whose time was written by a clock that is behind', () => {
    const so = provenSoFar([proof(passes('terms')), proof(proves(ada))]);
    assert.deepEqual([...(so?.passed ?? [])], ['terms']);
  });

  it('counts no step of another person, whenever it arrived', () => {
    const so = provenSoFar([proof(proves(ada)), proof(proves(bob)), proof(passes('terms', ada.subject))]);
    assert.equal(so?.passed.size, 0);
  });

  it('counts nothing that was refused', () => {
    const refused = { ...proof(proves(bob)), consumedBy: byRefusal };
    assert.equal(provenSoFar([proof(proves(ada)), refused])?.person.subject, ada.subject);
    assert.equal(provenSoFar([refused]), undefined);
    const step = { ...proof(passes('terms')), consumedBy: byRefusal };
    assert.equal(provenSoFar([proof(proves(ada)), step])?.passed.size, 0);
  });

  it('counts neither an unspent nor a declined step', () => {
    const declined: ProofContent = { kind: 'step', subject: ada.subject, stepId: 'risk', outcome: 'denied', data: {} };
    assert.equal(provenSoFar([proof(proves(ada)), proof(passes('terms'), false), proof(declined)])?.passed.size, 0);
  });
});
