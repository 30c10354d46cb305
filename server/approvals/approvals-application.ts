/** The pages on which people decide over others: by which client they sign in to them. */
import type { OwnApplication } from '../relying-party/own-client.service.ts';
import { ownClientId } from '../self-service/own-account.ts';

/** It learns who somebody is, and nothing else of them: the pages read what they may decide themselves. */
export const approvalsApplication: OwnApplication = {
  idIn: ({ id }) => ownClientId('approvals', id),
  name: 'Approvals',
  scope: 'openid',
};
