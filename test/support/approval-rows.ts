/** A login that waits for people: a group with one below it, some who are in them, and whoever asks. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { requestApproval } from '../../server/approvals/approval-request.ts';
import { createApprovalService, type ApprovalService, type Approver } from '../../server/approvals/approval.service.ts';
import type { Approval } from '../../server/approvals/approval.ts';
import type { Group } from '../../server/groups/group.ts';
import type { Interaction } from '../../server/interactions/interaction.ts';
import { groupId, newId, scriptRunId } from '../../server/kernel/ids.ts';
import type { User } from '../../server/users/user.ts';
import { openLoginRows, type LoginRows } from './login-rows.ts';
import { noon, userOf } from './seeded.ts';

export interface ApprovalRows extends LoginRows {
  readonly approvals: ApprovalService;
  /** A person of the pool, in a group where one is named; with a verified address unless said. */
  person(name: string, group?: 'treasury' | 'night-shift', mail?: { readonly verifiedAt?: number }): Promise<User>;
  /** Signed in at the workspace. */
  signedIn(user: User): Approver;
  login(): Promise<Interaction>;
  /** What a script of this login asks; Ada is who signs in unless said. */
  ask(login: Interaction, request?: object, by?: User): Promise<Approval>;
}

/** @param run what runs scripts, where there are any */
export async function openApprovalRows(knex: Knex, run?: Parameters<typeof openLoginRows>[2]): Promise<ApprovalRows> {
  const rows = await openLoginRows(knex, [], run);
  const { stores, unitOfWork, clock, idp, ada } = rows;
  const { tenantId, workspaceId, poolId } = idp;
  const groupAt = (path: string): Group => ({
    ...{ tenantId, poolId, path },
    id: groupId(path.split('/').at(-1) ?? ''),
    name: `The ${path.split('/').at(-1) ?? ''}`,
    description: '',
    createdAt: noon,
    updatedAt: noon,
  });
  const groups = { treasury: groupAt('treasury'), 'night-shift': groupAt('treasury/night-shift') };
  for (const group of Object.values(groups)) await stores.groups.insert(group);

  return {
    ...rows,
    approvals: createApprovalService({ stores, unitOfWork, clock }),

    async person(name, group, mail = { verifiedAt: noon }) {
      const user = userOf(tenantId, poolId, { payload: { name } });
      await stores.users.insert(user);
      const address = `${name.toLowerCase()}@example.com`;
      await stores.addresses.insert(tenantId, poolId, user.id, {
        type: 'email',
        value: address,
        normalized: address,
        status: 'active',
        preferredContactMethod: undefined,
        metadata: {},
        verifiedAt: mail.verifiedAt,
        createdAt: noon,
        updatedAt: noon,
      });
      if (group !== undefined) await stores.memberships.insert(groups[group], user.id, noon);
      return user;
    },

    signedIn: ({ id }) => ({
      tenantId,
      workspaceId,
      person: { poolId, userId: id, authTime: noon / 1000, ageSeconds: 1 },
      subject: `sub-of-${id}`,
    }),

    login: () => rows.begin({ row: { step: 'script', person: ada } }),

    async ask(login, request = {}, by = rows.user) {
      const approval = await unitOfWork.run((inside) =>
        requestApproval(inside, {
          ...{ tenantId, workspaceId, interactionId: login.id, clientId: login.clientId },
          runId: scriptRunId(newId()),
          call: 0,
          person: { subject: `sub-of-${by.id}`, idpId: idp.id, userId: by.id, context: by.payload },
          request: { group: 'treasury', quorum: 2, reason: 'Treasury access', timeoutMs: 3_600_000, ...request },
          deadline: (timeoutMs) => clock.now() + timeoutMs,
          now: clock.now(),
        }),
      );
      assert.ok(typeof approval !== 'string');
      return approval;
    },
  };
}
