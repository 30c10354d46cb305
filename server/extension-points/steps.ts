/** Extension point `steps` (step): a person's interaction inside the login, after they are known and before consent. */
import {
  authenticateStep,
  consentStep,
  customAppStep,
  scriptStep,
  updateOf,
} from '../../workflows/contract/authentication.ts';
import type { Client } from '../clients/client.ts';
import type { ProvenPerson } from '../interactions/interaction.ts';
import type { InteractionId } from '../kernel/ids.ts';
import type { Workspace } from '../workspaces/workspace.ts';

export interface StepPlace {
  readonly client: Client;
  readonly workspace: Workspace;
}

export interface StepContext extends StepPlace {
  readonly interactionId: InteractionId;
  readonly person: ProvenPerson;
}

/**
 * What the renderer makes the page from. The fragment stands inside core's form, which posts to the step's own address
 * and carries the nonce; it brings the fields and the buttons.
 */
export interface StepPage {
  /** A file of the plugin's templates folder, without `.hbs`. */
  readonly template: string;
  /** JSON. Handlebars escapes it. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The posted form as it came: single values, at most 8 kB each. */
export type StepForm = Readonly<Record<string, string>>;

export type StepOutcome =
  /** `data` is kept with the proof, sealed. */
  | { readonly kind: 'passed'; readonly data: Readonly<Record<string, unknown>> }
  /** Ends the login with `access_denied`; `reason` is a code for operations, never prose: see `reasonOfDenial`. */
  | { readonly kind: 'denied'; readonly reason: string; readonly data: Readonly<Record<string, unknown>> }
  /** The form was not right: the page is shown again, each message at its field. Nothing reaches the workflow. */
  | { readonly kind: 'again'; readonly errors: Readonly<Record<string, string>> };

export interface LoginStep {
  /** The name of the step, of its Update and part of its page's address. */
  readonly id: string;
  /** The heading of its page. */
  readonly title: string;
  /** Whether logins of this client in this workspace pass the step. Pure: the same place, the same answer. */
  appliesTo(place: StepPlace): boolean;
  /**
   * What a session must have satisfied to log in silently (`prompt=none`): `step:{id}`, or `step:{id}@{version}` where a
   * change of the workspace's settings wants the person again.
   */
  requirement(place: StepPlace): string;
  page(context: StepContext): StepPage | Promise<StepPage>;
  /** Reads a posted form. Idempotent: the same form posted twice is one proof. */
  handle(form: StepForm, context: StepContext): StepOutcome | Promise<StepOutcome>;
}

/** Names of core's own steps and of their Updates: a plugin step of this name would answer for core. */
export const reservedStepIds: ReadonlySet<string> = new Set(
  [authenticateStep, scriptStep, customAppStep, consentStep].flatMap((step) => [step, updateOf(step)]),
);

export function isRequirementOf(step: Pick<LoginStep, 'id'>, requirement: string): boolean {
  return requirement === `step:${step.id}` || requirement.startsWith(`step:${step.id}@`);
}

const reasonPattern = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Why a step denied a login, as the login's row, its audit event and, in clear, its search attribute hold it.
 * @param said what the plugin gave as the reason: 1 to 64 of `a-z0-9_`, beginning with a letter
 * @returns `{step}_declined` in place of anything else
 */
export function reasonOfDenial(stepId: string, said: unknown): string {
  if (typeof said === 'string' && reasonPattern.test(said)) return said;
  return `${stepId.replaceAll('-', '_')}_declined`;
}
