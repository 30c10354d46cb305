/** What the two sides of a login say to each other: ids and codes only, since all of it is Temporal history. */

/** The argument a login's workflow is started with. Its workflow id is `interactionId`. */
export interface LoginStart {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly clientId: string;
  readonly interactionId: string;
  /** For operations to read: the application's name, no personal data. */
  readonly title: string;
  /** Milliseconds from the start after which the login is given up. */
  readonly lifetimeMs: number;
  /** `consent` where a session already says who the person is. */
  readonly firstStep: 'authenticate' | 'consent';
}

/** Core's own steps. Any other step is a plugin's, by its id, and its Update has the same name. */
export const authenticateStep = 'authenticate';
export const consentStep = 'consent';
/** The person is with an integrator's custom application, and comes back from it. */
export const customAppStep = 'custom-app';
/** A post-authentication script has to decide. Nobody is waited for: the workflow runs it as soon as it is the upcoming step. */
export const scriptStep = 'script';

/** The person is with a custom application that a script sent them to; named by the call, so that each stay has an Update of its own. */
const scriptAppPrefix = 'script-app.';
/** @param call of the script's host calls, counted from 0 */
export const scriptAppStep = (call: number): string => `${scriptAppPrefix}${String(call)}`;
export const isScriptAppStep = (step: string): boolean => step.startsWith(scriptAppPrefix);
/** Whether the person is with an application there, sent by their idp or by a script. */
export const isAppStep = (step: string): boolean => step === customAppStep || isScriptAppStep(step);

const updates: readonly (readonly [step: string, update: string])[] = [
  [authenticateStep, 'authenticated'],
  [customAppStep, 'customAppReturned'],
  [consentStep, 'consented'],
];

/** The Update that completes a step. */
export function updateOf(step: string): string {
  return updates.find(([name]) => name === step)?.[1] ?? step;
}

/** The step that an Update completes: the inverse of `updateOf`. */
export function stepOf(update: string): string {
  return updates.find(([, name]) => name === update)?.[0] ?? update;
}

/** The argument of every Update: a row to believe, never a secret. */
export interface Move {
  readonly proofId: string;
}

/** Answer of every Update: what the person does next. */
export type Next =
  | { readonly kind: 'step'; readonly step: string }
  /** The result is written; the browser goes on to the engine's resume address. */
  | { readonly kind: 'committed'; readonly outcome: 'granted' | 'denied' }
  /** The proof was worth nothing (spent, voided, another person): the page of `step` is shown again with the reason. */
  | { readonly kind: 'refused'; readonly step: string; readonly reason: string };

/** How a finished login's workflow ends: its result in the Temporal UI. */
export interface LoginOutcome {
  readonly outcome: 'granted' | 'denied' | 'expired';
  /** A code, e.g. `consent_denied`, `deadline`. */
  readonly reason: string;
}

/** The failure type of an Update that this login is not waiting for; the web tier tells failures apart by type, never by text. */
export const notWaiting = 'not_waiting';

/** The reason of a `refused` whose activity could not be done, at all or for minutes: the step is to be repeated, with a new proof. */
export const unavailable = 'unavailable';

/** The failure type of an activity that would fail the same way again: it is not tried again while the person waits. */
export const defect = 'LoginDefect';

/** The Signal that a login's row was ended without the workflow: the person went back to the application. */
export const endedElsewhere = 'endedElsewhere';

/** The Signal that what a script waits for has happened. It carries nothing, and a login that missed it looks by itself later. */
export const scriptDue = 'scriptDue';

/** The reason of a login that somebody stopped from outside: an operator cancelled or terminated its workflow. */
export const stopped = 'stopped';

/** What a step's activity answers. */
export type StepAnswer =
  /** The steps still before the person, in order. Empty: nothing is left but the commit. */
  | {
      readonly kind: 'remaining';
      readonly steps: readonly string[];
      /** Milliseconds for which the first of them is waited for; as long as the login lives where it is left out. */
      readonly withinMs?: number;
      /** Of a script that rests: milliseconds after which it is looked at again, unless `scriptDue` comes before. */
      readonly restMs?: number;
      /** The script that decides here, or has let pass, for operations to search by: its id and the version that this login keeps. */
      readonly script?: string;
    }
  | { readonly kind: 'committed'; readonly outcome: 'granted' | 'denied'; readonly reason: string }
  | { readonly kind: 'refused'; readonly step: string; readonly reason: string };

/** What a login asks of the platform. Each is idempotent: Temporal may run it again after a crash. */
export interface AuthenticationActivities {
  /**
   * Spends the proof, writes the person and the next step to the interaction's row, and answers the steps still to pass. Where a
   * script decides next it is run at once; the first of the steps is its own still where it could not be.
   */
  establishPerson(login: LoginStart, move: Move): Promise<StepAnswer>;
  /**
   * Runs the post-authentication script, or goes on with it where it rested; what it decided is a row. Answers what comes
   * next: the same step, with `restMs`, while it rests.
   */
  runScript(login: LoginStart): Promise<StepAnswer>;
  /** Spends a plugin step's proof. */
  passStep(login: LoginStart, step: string, move: Move): Promise<StepAnswer>;
  /**
   * The time of a step is over. Ends the login with `temporarily_unavailable`, unless the person is at another step by
   * now, or has longer: the answer then says what is waited for, and how long.
   */
  giveUpStep(login: LoginStart, step: string): Promise<StepAnswer>;
  /** Spends the person's decision, then commits: consent, grant, snapshot, result and events in one transaction. */
  decideConsent(login: LoginStart, move: Move): Promise<StepAnswer>;
  /** Commits a login that needed no decision. */
  commit(login: LoginStart): Promise<StepAnswer>;
  /**
   * Gives the login up, unless its row was committed: the row decides, and answers how the login really ended.
   * @param reason a code; `deadline` unless said
   */
  abandon(login: LoginStart, reason?: string): Promise<LoginOutcome>;
}

/** Names of the search attributes a login carries. None may hold personal data: they are never encrypted. */
export const searchAttributes = {
  tenant: 'TenantId',
  workspace: 'WorkspaceId',
  client: 'ClientId',
  step: 'LoginStep',
  outcome: 'Outcome',
  /** Of logins that were denied or ran out of time, and of no other. */
  reason: 'DenyReason',
  scriptVersion: 'ScriptVersion',
} as const;
