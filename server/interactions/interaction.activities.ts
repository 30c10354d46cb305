/** What a login's workflow may ask of the platform. Each is idempotent: rows decide, so running it twice changes nothing. */
import type { AuthenticationActivities, LoginStart, StepAnswer } from '../../workflows/contract/authentication.ts';
import { authenticateStep, consentStep } from '../../workflows/contract/authentication.ts';
import { clientId, interactionId, proofId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { commitDenied, commitGranted } from './login-commit.ts';
import type { LoginStores, LoginCase, LoginCases } from './login-case.ts';
import { commitStep } from './interaction.ts';
import { isStale, remainingSteps, unmetDemand } from './login-plan.ts';

export interface AuthenticationActivityDeps {
  readonly unitOfWork: UnitOfWork<LoginStores>;
  readonly cases: LoginCases;
  readonly clock: Clock;
}

/** Everything in one unit of work: a crash between two writes leaves neither. */
export function createAuthenticationActivities(deps: AuthenticationActivityDeps): AuthenticationActivities {
  const { cases, clock } = deps;

  /** Runs one step on the login as it stands; a login that ended before only says how. */
  function step(
    login: LoginStart,
    work: (stores: LoginStores, open: LoginCase) => Promise<StepAnswer>,
  ): Promise<StepAnswer> {
    const ids = {
      tenantId: tenantId(login.tenantId),
      workspaceId: workspaceId(login.workspaceId),
      clientId: clientId(login.clientId),
    };
    return deps.unitOfWork.run(async (stores) => {
      const found = await cases.load(stores, ids, interactionId(login.interactionId));
      if (found.kind === 'ended') return { kind: 'committed', outcome: found.outcome, reason: found.reason };
      return work(stores, found);
    });
  }

  return {
    establishPerson: (login, move) =>
      step(login, async (stores, open) => {
        const { interaction, request } = open;
        const proof = await stores.proofs.consume(
          interaction.tenantId,
          interaction.workspaceId,
          proofId(move.proofId),
          spender(login, authenticateStep),
        );
        if (proof?.content.kind !== 'authenticated' || proof.interactionId !== interaction.id)
          return refused(authenticateStep, 'proof_void');
        const { person, credentialVersion } = proof.content;
        if (!(await cases.stillHolds(stores, open, person, credentialVersion)))
          return refused(authenticateStep, 'credential_changed');
        if (interaction.person !== undefined && interaction.person.subject !== person.subject)
          return refused(authenticateStep, 'other_person');

        const unmet = unmetDemand(request, person);
        if (unmet !== undefined) {
          return commitDenied(stores, {
            interaction: { ...interaction, person },
            request,
            error: unmet,
            description: 'the person who signed in is not the one, or not as strongly proven, as the request demands',
            reason: unmet,
            now: clock.now(),
          });
        }
        const steps = remainingSteps(await cases.needs(stores, open, person), await cases.passedSteps(stores, open));
        await stores.interactions.advance(interaction.tenantId, interaction.workspaceId, interaction.id, {
          step: steps[0] ?? commitStep,
          person,
        });
        return { kind: 'remaining', steps };
      }),

    passStep: (login, name, move) =>
      step(login, async (stores, open) => {
        const { interaction, request } = open;
        const proof = await stores.proofs.consume(
          interaction.tenantId,
          interaction.workspaceId,
          proofId(move.proofId),
          spender(login, name),
        );
        if (proof?.content.kind !== 'step' || proof.content.stepId !== name || proof.interactionId !== interaction.id) {
          return refused(name, 'proof_void');
        }
        if (interaction.person === undefined) return refused(authenticateStep, 'nobody');
        if (proof.content.outcome === 'denied') {
          return commitDenied(stores, {
            interaction,
            request,
            error: 'access_denied',
            description: 'the person declined',
            reason: `${name}_declined`,
            now: clock.now(),
          });
        }
        const passed = new Set([...(await cases.passedSteps(stores, open)), name]);
        const steps = remainingSteps(await cases.needs(stores, open, interaction.person), passed);
        await stores.interactions.advance(interaction.tenantId, interaction.workspaceId, interaction.id, {
          step: steps[0] ?? commitStep,
          person: interaction.person,
        });
        return { kind: 'remaining', steps };
      }),

    decideConsent: (login, move) =>
      step(login, async (stores, open) => {
        const { interaction, request, workspace } = open;
        const proof = await stores.proofs.consume(
          interaction.tenantId,
          interaction.workspaceId,
          proofId(move.proofId),
          spender(login, consentStep),
        );
        if (proof?.content.kind !== 'consented' || proof.interactionId !== interaction.id)
          return refused(consentStep, 'proof_void');
        if (interaction.person === undefined) return refused(authenticateStep, 'nobody');
        const now = clock.now();
        if (proof.content.decision === 'deny') {
          return commitDenied(stores, {
            interaction,
            request,
            error: 'access_denied',
            description: 'the person did not allow access',
            reason: 'consent_denied',
            now,
          });
        }
        if (isStale(interaction, parseDuration(workspace.settings.factor_freshness) ?? 0, now))
          return refused(authenticateStep, 'stale_factor');
        const passed = await cases.passedSteps(stores, open);
        const before = remainingSteps(await cases.needs(stores, open, interaction.person), passed).find(
          (one) => one !== consentStep,
        );
        if (before !== undefined) return refused(before, 'step_missing');
        const decision = { chosenScopes: proof.content.grantedScopes, details: proof.content.details };
        return commitGranted(stores, await cases.grantedBy(stores, open, interaction.person, decision));
      }),

    commit: (login) =>
      step(login, async (stores, open) => {
        if (open.interaction.person === undefined) return refused(authenticateStep, 'nobody');
        const needs = await cases.needs(stores, open, open.interaction.person);
        const steps = remainingSteps(needs, await cases.passedSteps(stores, open));
        if (steps[0] !== undefined) return { kind: 'remaining', steps };
        return commitGranted(stores, await cases.grantedBy(stores, open, open.interaction.person, undefined));
      }),

    abandon: (login) =>
      deps.unitOfWork.run(async (stores) => {
        const ids = [
          tenantId(login.tenantId),
          workspaceId(login.workspaceId),
          interactionId(login.interactionId),
        ] as const;
        const ended = await stores.interactions.end(...ids, { state: 'expired', reason: 'deadline', at: clock.now() });
        if (ended) return { outcome: 'expired', reason: 'deadline' };
        const row = await stores.interactions.find(...ids);
        return row === undefined || row.state === 'open'
          ? { outcome: 'expired', reason: 'gone' }
          : { outcome: row.state, reason: row.reason ?? row.state };
      }),
  };
}

/** What a proof is spent by: the same for a retried activity, another for every other step. */
function spender(login: LoginStart, step: string): string {
  return `${login.interactionId}/${step}`;
}

function refused(step: string, reason: string): StepAnswer {
  return { kind: 'refused', step, reason };
}
