/** Where and when a login is struck: each step, each place it passes, each process that may die there. */
import type { Mechanism } from '../../server/pools/pool.ts';
import { activityPlaces, resumePlaces, stepPlaces } from '../support/chaos/places.ts';
import type { Application, Victim } from './house.ts';
import type { Means } from './means.ts';
import type { Asked, Reload } from './person.ts';

export interface Strike {
  readonly step: string;
  readonly application: Application;
  readonly consent: 'allow' | 'deny';
  /** The form that is sent when the process dies. */
  readonly form: Asked;
  readonly place: string;
  readonly victim: Victim;
  readonly reload: Reload;
  /** By what people of the pool sign in; by a password where it is left out. */
  readonly ways?: readonly Mechanism[];
  /** What the person has to sign in with; the demonstration's password, and codes, where it is left out. */
  readonly means?: Means;
  /** The request was pushed before (RFC 9126). */
  readonly pushed?: true;
}

type Step = Pick<Strike, 'step' | 'application' | 'consent' | 'form' | 'ways' | 'means'> & {
  readonly activity: string;
};

const steps: readonly Step[] = [
  { step: 'authenticate', application: 'asking', consent: 'allow', form: '/authenticate', activity: 'establishPerson' },
  { step: 'plugin step', application: 'terms', consent: 'allow', form: '/steps/terms', activity: 'passStep' },
  { step: 'consent, allow', application: 'asking', consent: 'allow', form: '/consent', activity: 'decideConsent' },
  { step: 'consent, deny', application: 'asking', consent: 'deny', form: '/consent', activity: 'decideConsent' },
];

const asking = { application: 'asking', consent: 'allow' } as const;

/** By other ways than a password, and what is offered after them. */
const waysIn: readonly Step[] = [
  { ...asking, step: 'code', form: 'code', activity: 'establishPerson', ways: ['otp'] },
  {
    ...asking,
    step: 'passkey offer',
    form: '/steps/passkey-offer',
    activity: 'passStep',
    ways: ['otp', 'webauthn'],
  },
];

/** What is spent by the form itself: a password that gives way, and an authenticator's count. */
const newPassword: Step = {
  ...asking,
  step: 'new password',
  form: 'new password',
  activity: 'establishPerson',
  means: 'expired password',
};
const passkey: Step = {
  ...asking,
  step: 'passkey',
  form: 'passkey',
  activity: 'establishPerson',
  ways: ['webauthn'],
  means: 'passkey',
};

const commit: Step = {
  step: 'commit',
  application: 'trusted',
  consent: 'allow',
  form: '/authenticate',
  activity: 'commit',
};

const resume = { step: 'resume', application: 'asking', consent: 'allow', form: '/consent' } as const;

function strikesOf({ activity, ...step }: Step, places: readonly string[]): readonly Strike[] {
  const of = (place: string, victim: Victim, reload: Reload): Strike => ({ ...step, place, victim, reload });
  return [
    ...places.flatMap((place) => [
      of(place, 'server', 'again'),
      of(place, 'server', 'address'),
      of(place, 'Temporal', 'again'),
    ]),
    ...activityPlaces.flatMap((place) => [
      of(`${activity}-${place}`, 'worker', 'again'),
      of(`${activity}-${place}`, 'Temporal', 'again'),
    ]),
    of(`${activity}-written`, 'server', 'address'),
    of(`${activity}-written`, "Temporal's data", 'again'),
    of('update-answered', "Temporal's data", 'again'),
  ];
}

/** Each process once, and the server on each side of what is spent: past that, a first factor is like any other. */
function spendingStrikesOf({ activity, ...step }: Step, places: readonly string[]): readonly Strike[] {
  const written = { ...step, place: `${activity}-written`, reload: 'again' } as const;
  return [
    ...places.flatMap((place): readonly Strike[] => [
      { ...step, place, victim: 'server', reload: 'again' },
      { ...step, place, victim: 'server', reload: 'address' },
    ]),
    { ...step, place: 'proof-kept', victim: 'server', reload: 'again' },
    { ...step, place: 'proof-kept', victim: 'Temporal', reload: 'again' },
    { ...written, victim: 'worker' },
    { ...written, victim: 'Temporal' },
    { ...written, victim: "Temporal's data" },
  ];
}

/** Every step, place and process. */
export const strikes: readonly Strike[] = [
  ...steps.flatMap((step) => strikesOf(step, stepPlaces)),
  ...waysIn.flatMap((step) => strikesOf(step, ['proof-wanted', 'proof-kept'])),
  ...spendingStrikesOf(newPassword, ['password-written', 'proof-wanted']),
  ...spendingStrikesOf(passkey, ['proof-wanted']),
  ...strikesOf(commit, ['update-answered']),
  ...resumePlaces.map((place): Strike => ({ ...resume, place, victim: 'server', reload: 'again' })),
  { ...resume, place: 'code-saved', victim: 'worker', reload: 'again' },
  { ...resume, place: 'code-saved', victim: 'Temporal', reload: 'again' },
  { ...resume, step: 'resume, denied', consent: 'deny', place: 'interaction-ended', victim: 'server', reload: 'again' },
  { ...resume, step: 'resume, denied', consent: 'deny', place: 'answer-ready', victim: 'server', reload: 'again' },
  { ...resume, step: 'resume, pushed', pushed: true, place: 'code-saved', victim: 'server', reload: 'again' },
  { ...resume, step: 'resume, pushed', pushed: true, place: 'answer-ready', victim: 'server', reload: 'again' },
];

/** Those that end in the middle of what a database has to keep whole. */
export const databaseStrikes: readonly Strike[] = strikes.filter(
  ({ step, place, victim }) =>
    (victim === 'worker' && /-(written|committed)$/.test(place)) || (victim === 'server' && step.startsWith('resume')),
);
