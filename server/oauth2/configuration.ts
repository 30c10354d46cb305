/** Every option of oidc-provider that the platform sets, from a workspace's settings, keys and scopes. */
import type { Configuration, JWK } from 'oidc-provider';
import { parseDuration } from '../kernel/duration.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { Scope } from '../workspaces/scope.ts';
import type { SigningKey } from '../workspaces/signing-key.ts';
import type { Workspace, WorkspaceSettings } from '../workspaces/workspace.ts';
import type { ClientRules } from './adapter/client-metadata.ts';
import { responseTypesOf } from './adapter/client-metadata.ts';
import { clientMayAnswer, isActive, refuseInactive } from './client-model.ts';

/** Members that OIDC Core §5.4 puts under each scope; `openid` also carries the platform's own. */
const claimsOfScope = {
  openid: ['sub', 'acr', 'amr', 'auth_time', 'tid', 'aid', 'idp'],
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
} as const;
