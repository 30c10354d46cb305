/** The places of a login where a test may stop a process: laid around what the composition root has built. */
import type { RequestListener } from 'node:http';
import { composeActivities } from '../../../server/compose-activities.ts';
import { type Platform } from '../../../server/compose.ts';
import type { LoginClient } from '../../../workflows/client.ts';
import type { ApprovalActivities } from '../../../workflows/contract/approval.ts';
import type { AuthenticationActivities } from '../../../workflows/contract/authentication.ts';
import type { PlatformActivities } from '../../../workflows/worker.ts';
import type { Barrier } from './barrier.ts';

/** In the order in which the server passes them, for each step of a person. */
export const stepPlaces = ['proof-wanted', 'proof-kept', 'update-answered'] as const;

/** In the order in which the server passes them, while it turns a login's result into session and code. */
export const resumePlaces = [
  'resume-received',
  'interaction-ended',
  'code-saved',
  'session-saved',
  'answer-ready',
] as const;

/** In the order in which the worker passes them, each behind the activity's name and a dash. */
export const activityPlaces = ['begun', 'written', 'committed'] as const;

/** Models of the engine whose writing is a place of its own. */
const savedAs: Readonly<Record<string, string>> = { AuthorizationCode: 'code-saved', Session: 'session-saved' };

/** In the order in which the server passes them, for each of its transactions. */
export const workPlaces = ['work-begun', 'work-written', 'work-committed'] as const;

/** Stops in transactions of whatever was built with this unit of work, which is why it is changed and not copied. */
export function placeInWork({ unitOfWork }: Platform, barrier: Barrier): void {
  const { run } = unitOfWork;
  const withPlaces: typeof run = async (work) => {
    await barrier('work-begun');
    const done = await run(async (stores) => {
      const result = await work(stores);
      await barrier('work-written');
      return result;
    });
    await barrier('work-committed');
    return done;
  };
  Object.assign(unitOfWork, { run: withPlaces });
}

/** What the server passes between a form and its answer. */
export function withServerPlaces(platform: Platform, barrier: Barrier): Platform {
  const { proofs, artifacts } = platform.stores;
  const { service: passwords } = platform.passwords;
  return {
    ...platform,
    passwords: {
      ...platform.passwords,
      service: {
        ...passwords,
        async prepareChange(owner, proven) {
          const write = await passwords.prepareChange(owner, proven);
          return async (stores) => {
            const changed = await write(stores);
            await barrier('password-written');
            return changed;
          };
        },
      },
    },
    stores: {
      ...platform.stores,
      proofs: {
        ...proofs,
        async insertOnce(proof) {
          await barrier('proof-wanted');
          const kept = await proofs.insertOnce(proof);
          await barrier('proof-kept');
          return kept;
        },
      },
      artifacts: {
        ...artifacts,
        async upsert(key, id, payload, expiresAt) {
          await artifacts.upsert(key, id, payload, expiresAt);
          const place = savedAs[key.model];
          if (place !== undefined) await barrier(place);
        },
        async destroySoftly(key, id, until) {
          await artifacts.destroySoftly(key, id, until);
          await barrier('interaction-ended');
        },
      },
    },
  };
}

export function withAnswerPlace(logins: LoginClient, barrier: Barrier): LoginClient {
  return {
    ...logins,
    async advance(login, moves) {
      const next = await logins.advance(login, moves);
      await barrier('update-answered');
      return next;
    },
  };
}

const resumeAddress = /^\/[^/]+\/[^/]+\/oauth2\/authorize\/[^/]+$/;

/** Before the engine hears of a resume, and when its answer is made but not sent. */
export function withResumePlaces(app: RequestListener, barrier: Barrier): RequestListener {
  return (req, res) => {
    if (req.method !== 'GET' || !resumeAddress.test(req.url ?? '')) return app(req, res);
    const end: unknown = Reflect.get(res, 'end');
    if (typeof end !== 'function') throw new TypeError('a response that cannot end');
    const endLater = (...answer: unknown[]): typeof res => {
      void barrier('answer-ready').then(() => void Reflect.apply(end, res, answer));
      return res;
    };
    Object.assign(res, { end: endLater });
    void barrier('resume-received').then(() => {
      app(req, res);
    });
  };
}

/** Before an activity runs, inside its transaction when all is written, and when that has committed. */
export function activitiesWithPlaces(platform: Platform, barrier: Barrier): PlatformActivities {
  type Placed = AuthenticationActivities & ApprovalActivities;
  const of = <Name extends keyof Placed>(name: Name): Placed[Name] =>
    composeActivities({
      ...platform,
      unitOfWork: {
        async run(work) {
          await barrier(`${name}-begun`);
          const done = await platform.unitOfWork.run(async (stores) => {
            const result = await work(stores);
            await barrier(`${name}-written`);
            return result;
          });
          await barrier(`${name}-committed`);
          return done;
        },
      },
    })[name];
  return {
    ...composeActivities(platform),
    establishPerson: of('establishPerson'),
    passStep: of('passStep'),
    decideConsent: of('decideConsent'),
    commit: of('commit'),
    abandon: of('abandon'),
    remindApprovers: of('remindApprovers'),
    endApproval: of('endApproval'),
    runScript: of('runScript'),
  };
}
