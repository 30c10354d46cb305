/** Where the platform reads otherwise than published, or refuses with other statuses, and why. What no longer differs has to leave. */
import type { Explanation } from './compare.ts';
import { certificates, ciba, discovery, industry, inert, saml, secondFactor, totp, unserved } from './reasons.ts';

/** One reason for several members of bodies, as `sent` names them. */
const sent = (models: string, why: string, names: string): readonly Explanation[] =>
  models.split(' ').flatMap((model) => names.split(' ').map((name) => ({ model, sent: name, why })));

/** One reason for an error that several operations of an API give, or never give. */
const status = (code: number, api: string, why: string, names: string): readonly Explanation[] =>
  names.split(' ').map((operationId) => ({ api, operationId, status: code, why }));

/** For every operation: they follow from what is declared of it. */
const everywhere: readonly Explanation[] = [
  { status: 400, why: 'a header, a path or a parameter that is malformed is refused, wherever one is read' },
  { status: 403, why: 'a token of too little scope, or too small a role, is refused wherever one is asked for' },
  { status: 404, why: 'what the path names is not there' },
  {
    status: 404,
    isNever: true,
    why: 'it names its tenant alone, and a tenant that is not there issues no token (401)',
  },
  { status: 412, why: 'a change is held to what its caller has read, and the published conventions name the status' },
  { status: 413, why: 'every body is bounded, and the published conventions name the status' },
  { status: 429, why: 'every caller may ask so often and no oftener, and the published conventions name the status' },
];

const refused: readonly Explanation[] = [
  ...status(
    422,
    'system',
    'a body that is not valid is refused so, whatever is read',
    'acceptLoginRequest rejectLoginRequest acceptScopeGrantRequest rejectScopeGrantRequest abortPostAuthnRequest completePostAuthnRequest',
  ),
  ...status(
    422,
    'admin',
    'a body that is not valid is refused so, whatever is read',
    'setServerConsent createScript patchScript updateScript',
  ),
  ...['deleteUserVerifiableAddress', 'deleteUserIdentifier'].map((operationId) => ({
    operationId,
    status: 422,
    why: 'a body that is not valid is refused so, whatever is read',
  })),
  ...status(
    422,
    'identitysystem',
    'a body that is not valid is refused so, whatever is read',
    'systemDeleteVerifiableAddress systemDeleteIdentifier systemGetUserByKey',
  ),
  ...status(
    422,
    'admin',
    'clients that would lose something are named first (decision 0009)',
    'deleteScope deleteService',
  ),
  ...['deletePool', 'deleteWorkspacePool', 'systemDeletePool', 'deleteUser', 'systemDeleteUser'].map((operationId) => ({
    operationId,
    status: 422,
    why: 'the last administrators of a tenant stay (decision 0023)',
  })),
  ...['listAuditEvents', 'listClients', 'listPools', 'systemListPools', 'listWorkspacePools'].map((operationId) => ({
    operationId,
    status: 422,
    why: 'a page begins at what is there: an item that is gone has no place in the order',
  })),
  ...['exportConfiguration', 'exportTenantConfiguration'].map((operationId) => ({
    operationId,
    status: 422,
    why: 'a parameter that is not valid is a malformed request (400)',
  })),
  ...['listUsersInGroup', 'listUserGroups', 'removeUserFromGroup'].map((operationId) => ({
    operationId,
    status: 422,
    why: 'nothing is read but the path and its parameters, and those are malformed (400) or name nothing (404)',
  })),
  ...status(422, 'identitysystem', 'the last way in is kept by 403, as what nobody may take', 'deleteWebAuthnKey'),
  ...status(422, 'identityself', 'the last way in is kept by 403, as what nobody may take', 'deleteWebAuthnKey'),

  ...['patchConfiguration', 'patchTenantConfiguration'].map((operationId) => ({
    operationId,
    status: 409,
    why: 'somebody changed at the same time what the patch was held to',
  })),
  ...status(409, 'admin', 'there is one of this name in the workspace already', 'updateClaim updateScope'),
  ...status(
    409,
    'admin',
    'there is one of this id already',
    'createCustomIDP createIdentityPoolIDP createStaticIDP createScript createWebhook',
  ),
  ...status(409, 'admin', 'a workspace has one idp for a pool', 'updateIdentityPoolIDP'),
  ...status(409, 'admin', 'it was changed at the same time', 'setServerConsent patchScript'),
  ...['deleteSecret', 'deleteScript', 'deleteCustomApp', 'deletePool', 'deleteWorkspacePool', 'systemDeletePool'].map(
    (operationId) => ({ operationId, status: 409, why: 'what logins still go by is not taken from under them' }),
  ),
  ...['changePassword', 'changePasswordV2', 'setPassword', 'resetPasswordConfirm'].map((operationId) => ({
    api: 'identityself',
    operationId,
    status: 409,
    why: 'the password was changed at the same time',
  })),
  ...['completeWebAuthnCredentialsGeneration', 'setWebAuthn'].map((operationId) => ({
    operationId,
    status: 409,
    why: 'somebody in the pool has this passkey already',
  })),
  ...status(
    409,
    'admin',
    'what cannot be bound, or run, is said of the body (422)',
    'setScriptExecutionPoints testScript',
  ),
  ...['addUserToGroup', 'removeUserFromGroup'].map((operationId) => ({
    operationId,
    status: 409,
    why: 'who is in a group already stays in it, and is added once more without a word',
  })),
  ...['updateUser', 'systemUpdateUser'].map((operationId) => ({
    operationId,
    status: 409,
    why: 'identifiers and addresses, by which people could collide, have calls of their own',
  })),
  ...['updateSchema', 'systemUpdateSchema'].map((operationId) => ({
    operationId,
    status: 409,
    why: 'whoever a schema holds is held to it with their next change',
  })),
  ...status(
    409,
    'identity',
    'an address that is verified already is not there to be verified (404)',
    'requestAddressVerification',
  ),
  ...status(409, 'identitysystem', 'it is answered alike, whatever there is', 'requestAddressVerification'),

  ...status(
    412,
    'identitysystem',
    'an action: it changes nothing that its caller could have read before',
    'activateSelfRegisteredUserUsingExtendedCode activateSelfRegisteredUser verifyAuthenticationCode generateCodeForUser ' +
      'generateActivationCode generateCode inspectOTP requestOTPChallenge verifyOTP completeResetPassword confirmResetPassword ' +
      'requestResetPassword verifyPasswordV2 verifyPassword completeAddWebAuthn requestAddWebAuthn selfSendActivationMessage ' +
      'completeAddressVerification requestAddressVerification',
  ),
  ...status(
    412,
    'identitysystem',
    'who changes a password knows the old one',
    'changePassword deprecatedChangePassword',
  ),
  ...status(412, 'identitysystem', 'nobody has read what is yet to be made', 'selfRegisterUser systemCreateUser'),
  ...status(412, 'identitysystem', 'nothing is changed', 'systemGetUser systemGetUserByKey'),
  ...status(412, 'identityself', 'nothing is changed', 'getUserProfile getUserProfileV2'),
  ...status(412, 'identityself', 'who shows a code has read nothing before', 'resetPasswordConfirm'),
];

const clients = 'CreateClientAdminRequest UpdateClientAdminRequest';
const idps = 'IdentityPoolIDP StaticIDP CustomIDP';
const roles =
  'GrantTenantRoleRequest RevokeTenantRoleRequest GrantWorkspaceRoleRequest RevokeWorkspaceRoleRequest ' +
  'GrantIdentityPoolRoleRequest RevokeIdentityPoolRoleRequest';

const path = 'the path says it';
const ours = 'is ours to say: it may be sent back as it was answered, and decides nothing';
const needed = 'there is nothing to make without it, and nothing it could be by default';
const inPart = 'left out, it would take away what is there: it is said, also where it is empty';

const bodies: readonly Explanation[] = [
  { sent: 'tenant_id', why: path },
  ...sent('Secret CustomApp ServerConsent Webhook', path, 'server_id'),
  ...sent('Script UpdateClientAdminRequest', path, 'authorization_server_id'),
  ...sent('ScriptExecutionPoint', path, 'server_id'),
  ...sent(idps, path, 'authorization_server_id workspace_id method'),
  ...sent('Secret Claim Scope Script Service CustomApp', path, 'id'),
  ...sent('Webhook', path, 'webhook_id'),
  ...sent('UpdateClientAdminRequest', path, 'client_id'),
  ...sent('Group', path, 'user_pool_id*'),
  ...sent('CustomApp', 'generated when it is not given', 'id*'),
  ...sent('Webhook', 'generated when it is not given', 'webhook_id*'),

  ...sent('Secret', ours, 'created_at'),
  ...sent('Schema', ours, 'created_at updated_at'),
  ...sent('Service', ours, 'updated_at system'),
  ...sent('Pool', ours, 'deleted system'),
  ...sent('CustomApp ServerConsent', 'its client is made with it', 'client_id'),
  ...sent('ServerConsent', ours, 'oidc'),
  ...sent(clients, ours, 'client_id_issued_at client_secret_expires_at created_at updated_at rotated_secrets'),
  ...sent('UpdateClientAdminRequest', 'a secret is replaced by rotating it', 'client_secret'),
  ...sent('Secret', 'the value is sent as secret', 'value'),

  ...sent('Tenant TenantPayload', 'each workspace signs with keys of its own, the tenant with none', 'jwks'),
  ...sent('Claim', needed, 'authorization_server_id* name* type*'),
  ...sent('ScopeWithServiceID', needed, 'authorization_server_id* name*'),
  ...sent('Scope', needed, 'name*'),
  ...sent('Service', needed, 'authorization_server_id*'),
  ...sent('CustomIDP', needed, 'settings*'),
  ...sent('IdentityPoolIDP', needed, 'identity_pool_id*'),
  ...sent('ServerConsent', needed, 'type*'),
  ...sent('TestScriptRequest', needed, 'body*'),
  ...sent('Webhook', needed, 'url*'),
  ...sent('SetPasswordStateRequest', needed, 'state*'),
  ...sent(
    'RevokeTokensByPoolRequest',
    'nobody is meant by nothing: all the people of a pool are not revoked by mistake',
    'users*',
  ),
  ...sent(roles, 'whose role it is, and which, is never guessed', 'type* role*'),
  ...sent('ScriptExecutionPoints', inPart, 'execution_points*'),
  ...sent('UserMetadata', inPart, 'metadata*'),
  ...sent('SelfUserUpdate', inPart, 'payload*'),
  ...sent(
    'CredentialCreationResponse',
    'an authenticator answers with all of them (WebAuthn §5.1)',
    'id* rawId* type* response*',
  ),
  ...sent(
    'AcceptSession RejectSession AcceptScopeGrant RejectScopeGrant AbortPostAuthnSession CompletePostAuthnSession',
    'by it the page shows that the login was sent to it',
    'login_state*',
  ),

  ...sent('Dump TenantDump', 'said where a passphrase seals the secrets; ours', 'sealing'),
  ...sent(roles, 'programs may have roles as people do; ours', 'client_id type=client'),
  ...sent('Webhook', 'whether order matters to it; ours', 'ordered'),
  ...sent('Pool', 'a setting of our own (decision 0042)', 'script_metadata_workspaces'),
  ...sent(
    'Server',
    'a setting of our own (decision 0001)',
    'factor_freshness login_lifetime custom_app_timeout script_allowed_hosts demo_enabled plugins',
  ),
  ...sent(clients, 'metadata of RFC 7591 and of OpenID Connect', 'initiate_login_uri software_id software_version'),

  ...sent(
    'Server',
    'a grant that is not served is refused, and not kept as if it were',
    'grant_types=password grant_types=urn:ietf:params:oauth:grant-type:device_code grant_types=urn:ietf:params:oauth:grant-type:jwt-bearer grant_types=urn:ietf:params:oauth:grant-type:token-exchange',
  ),
  ...sent('Server', ciba, 'grant_types=urn:openid:params:grant-type:ciba'),
  ...sent(
    'Server',
    certificates,
    'token_endpoint_auth_methods=self_signed_tls_client_auth token_endpoint_auth_methods=tls_client_auth ' +
      'token_endpoint_authn_methods=self_signed_tls_client_auth token_endpoint_authn_methods=tls_client_auth',
  ),
  ...sent(
    'Server',
    'a client authenticates in a way that is named',
    'token_endpoint_auth_methods=unspecified token_endpoint_authn_methods=unspecified',
  ),
  ...sent('Server', 'the reserved workspaces are made with their tenant', 'type=admin type=developer type=system'),
  ...sent('Server', 'there are no organizations', 'type=organization'),
  ...sent(
    'Service',
    'what administrators make is of the type user',
    'type=oauth2 type=oidc type=openbanking type=system',
  ),
  ...sent(
    'Pool',
    'a code is sent to an address, whichever it is: the mechanism is otp',
    'preferred_authentication_mechanism=email_otp preferred_authentication_mechanism=sms_otp',
  ),
  ...sent('Pool', totp, 'preferred_authentication_mechanism=totp'),
  ...sent('AddUserIdentifier', 'nobody signs in from elsewhere', 'type=federated'),
  ...sent('RequestCode RequestCodeForUser', totp, 'type=reset_totp'),
  ...sent(clients, saml, 'client_type=saml'),

  ...sent('ActivateSelfRegisteredUser SelfRegisterUser', totp, 'totp_secret'),
  ...sent('ActivateSelfRegisteredUser', 'a passkey is added in a ceremony of ours, after the activation', 'webauthn'),
  ...sent('SelfRegisterUser', 'a passkey is added in a ceremony of ours, after the activation', 'webauthn_credentials'),
  ...sent('NewUser', 'people are of one kind', 'user_type'),
  ...sent('Pool', secondFactor, 'mfa_session_ttl second_factor_threshold'),
  ...sent('Pool', unserved, 'second_factor_authentication_mechanisms second_factor_preferred_authentication_mechanism'),
  ...sent('Claim', saml, 'saml_name saml_name_format'),
  ...sent('Claim', 'identity assurance is not served', 'verified'),
  ...sent('Service', 'paths of a service come with the API authorizer', 'gateway_id with_specification'),
  ...sent('ServerConsent', 'comes with a plugin of its industry', 'openbanking'),
  ...sent(idps, inert, 'attributes discovery_settings jit mappings static_amr token_exchange_settings version'),
  ...sent('IdentityPoolIDP StaticIDP', 'an idp has no client of its own', 'client_id'),
  ...sent('CustomIDP', 'its client is made with it', 'client_id credentials'),
  ...sent('CustomIDP', 'people of a login page are in no pool of ours', 'identity_pool_id'),
  ...sent('StaticIDP', inert, 'identity_pool_id settings'),

  ...sent(
    'UpdateClientAdminRequest',
    saml,
    'saml_allowed_attributes saml_metadata saml_metadata_updated_at saml_metadata_url saml_override_attributes ' +
      'saml_service_provider_id saml_signing_hash saml_subject_name_id saml_subject_name_id_format',
  ),
  ...sent(clients, industry, 'fdx'),
  ...sent(
    clients,
    ciba,
    'backchannel_authentication_request_signing_alg backchannel_client_notification_endpoint ' +
      'backchannel_token_delivery_mode backchannel_user_code_parameter',
  ),
  ...sent(
    clients,
    certificates,
    'certificate tls_client_auth_san_dns tls_client_auth_san_email tls_client_auth_san_ip tls_client_auth_san_uri ' +
      'tls_client_auth_subject_dn',
  ),
  ...sent(clients, 'secrets are sealed, not hashed', 'hashed_secret hashed_rotated_secrets'),
  ...sent(
    clients,
    inert,
    'audience authorization_details_types backchannel_logout_session_required developer_id developer_metadata id_token_signed_response_alg introspection_endpoint_auth_method privacy request_object_encryption_alg request_object_encryption_enc request_object_signing_alg request_uris revocation_endpoint_auth_method sector_identifier_uri software_statement software_statement_payload system token_exchange token_ttls',
  ),
  ...sent(
    clients,
    unserved,
    'authorization_encrypted_response_alg authorization_encrypted_response_enc authorization_signed_response_alg backchannel_logout_uri default_acr_values id_token_encrypted_response_alg id_token_encrypted_response_enc use_custom_token_ttls userinfo_signed_response_alg tls_client_certificate_bound_access_tokens',
  ),

  ...sent('Server', industry, 'cdr consent_id_namespace fdx legal_entity obbr'),
  ...sent('Server', discovery, 'jwks'),
  ...sent('Server', certificates, 'root_cas'),
  ...sent('Server', ciba, 'backchannel_token_delivery_modes_supported backchannel_user_code_parameter_supported'),
  ...sent('Server', 'workspaces speak OAuth 2.0 here, and no SAML', 'saml'),
  ...sent('Server', 'no secret of the workspace hashes or signs anything', 'secret rotated_secrets'),
  ...sent('Server', unserved, 'authentication_mechanisms enforce_id_token_encryption profile subject_identifier_types'),
  ...sent(
    'Server',
    inert,
    'authentication_context_settings color custom_issuer_url device_authorization dynamic_client_registration dynamic_scope_separator enable_idp_discovery enable_legacy_clients_with_no_software_statement enable_quick_access enable_trust_anchor enforce_pkce_for_public_clients identity_assurance idp_discovery issuer_id logo_uri organization parent_id pushed_authorization_request_ttl styling subject_identifier_algorithm_salt template trust_anchor_configuration version',
  ),
];

export const explainedRequests: readonly Explanation[] = [...everywhere, ...refused, ...bodies];
