/** What is still between a person and the commit: pure, so that the page, the workflow and the tests agree. */
import { authenticateStep, consentStep } from '../../workflows/contract/authentication.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { Interaction, ProvenPerson } from './interaction.ts';

/** What has to hold for a login to end well, apart from the first factor. */
export interface LoginNeeds {
  /** Ids of core's own steps for this person, and then of the plugin steps that apply to this client, in their order. */
  readonly steps: readonly string[];
  readonly consent: boolean;
}

/** Why a step is not skipped: somebody asks for it after all. */
export const stepApplies = 'step_applies';

/** Steps still to pass, in order, consent last. Empty when only the commit is left. */
export function remainingSteps(needs: LoginNeeds, passed: ReadonlySet<string>): readonly string[] {
  const steps = needs.steps.filter((step) => !passed.has(step));
  return needs.consent ? [...steps, consentStep] : steps;
}

/**
 * A factor goes stale while the person is away: it is asked again before the login goes on.
 * A person known from a session counts from the moment this login began.
 * @param now milliseconds since the epoch
 */
export function isStale(interaction: Interaction, freshnessMs: number, now: number): boolean {
  if (interaction.person === undefined) return false;
  const provenAt = Math.max(interaction.person.authTime * 1000, interaction.startedAt);
  return now - provenAt > freshnessMs;
}

/** The step whose page this browser is shown now. */
export function stepToShow(interaction: Interaction, freshnessMs: number, now: number): string {
  return isStale(interaction, freshnessMs, now) ? authenticateStep : interaction.step;
}

/**
 * Why this person cannot satisfy what the application insists on. Found before the commit: found after it, the engine
 * would ask for a login again, for ever.
 * @returns an error of OIDC Core §3.1.2.6, or undefined when all is well
 */
export function unmetDemand(
  request: AuthorizationRequest,
  person: ProvenPerson,
): 'login_required' | 'unmet_authentication_requirements' | undefined {
  if (request.wantedSubject !== undefined && request.wantedSubject !== person.subject) return 'login_required';
  if (request.essentialAcrs.length > 0 && (person.acr === undefined || !request.essentialAcrs.includes(person.acr))) {
    return 'unmet_authentication_requirements';
  }
  return undefined;
}
