/** What may be done in an identity pool, and the role that is given in one. */

export const poolRoles = ['user_manager'] as const;
export type PoolRole = (typeof poolRoles)[number];

/** As the Identity API answers them to who asks what they may do in a pool. */
export const poolPermissions = [
  'b2b_manage_admin_metadata',
  'b2b_manage_business_metadata',
  'b2b_manage_users',
  'b2b_read_admin_metadata',
  'b2b_read_business_metadata',
  'b2b_read_users',
  'delete_identity_pool',
  'get_identity_pool',
  'manage_identity_pool_groups',
  'manage_identity_pool_users',
  'manage_user_addresses',
  'manage_user_identifiers',
  'manage_user_manager_role',
  'manage_user_otps',
  'manage_user_passwords',
  'read_identity_pool_groups',
  'read_identity_pool_users',
  'read_roles',
  'send_user_activation',
  'send_user_verification',
  'update_identity_pool',
] as const;
export type PoolPermission = (typeof poolPermissions)[number];

const isReading = (permission: string): boolean => /^(?:b2b_)?(?:read|get)_/.test(permission);
/** The pool itself, and who manages it. */
const isOfPool = (permission: PoolPermission): boolean =>
  ['delete_identity_pool', 'update_identity_pool', 'manage_user_manager_role', 'read_roles'].includes(permission);

/** By the role one has in the pool, in the workspace that it belongs to, or in the tenant. */
export const poolPermissionsOf = {
  admin: poolPermissions,
  manager: poolPermissions.filter(
    (permission) => permission !== 'delete_identity_pool' && permission !== 'manage_user_manager_role',
  ),
  auditor: poolPermissions.filter(isReading),
  user_manager: poolPermissions.filter((permission) => !isOfPool(permission)),
} as const satisfies Readonly<Record<string, readonly PoolPermission[]>>;
