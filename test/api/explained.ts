/** Where the platform differs from what is published, and why. What no longer differs has to leave this list. */
import type { Explanation } from './compare.ts';
import { explainedNested } from './explained-nested.ts';
import { explainedRequests } from './explained-requests.ts';
import { certificates, ciba, discovery, industry, inert, saml } from './reasons.ts';

const none = 'no operation of this group is served';
const servers = 'workspaces are listed, shown and changed as servers; no view of them is kept beside that';

/** Whole groups. */
const groups: readonly Explanation[] = [
  ['identity', 'B2BUsers', none],
  ['identityself', 'mfa', none],
  ['root', 'workspaces', servers],
  ['admin', 'workspaces', servers],
].map(([api = '', tag = '', why = '']) => ({ api, tag, why }));

/** One reason for several operations of an API. */
const operations = (api: string, why: string, names: string): readonly Explanation[] =>
  names.split(' ').map((operationId) => ({ api, operationId, why }));

/** One reason for several members, whichever of the models an operation answers. */
const members = (models: string, why: string, names: string): readonly Explanation[] =>
  models.split(' ').flatMap((model) => names.split(' ').map((member) => ({ model, member, why })));

const clients = 'Client ClientAdminResponse';
export const explained: readonly Explanation[] = [
  ...explainedRequests,
  ...explainedNested,
  ...groups,
  ...['importConfiguration', 'importTenantConfiguration'].map((operationId) => ({
    operationId,
    member: 'with_data',
    why: 'what was exported with data is imported with data (decision 0025)',
  })),
  {
    operationId: 'importConfiguration',
    member: 'tid',
    why: 'an import of the deployment for one tenant writes to no other, as the patch has it',
  },
  ...operations(
    'admin',
    saml,
    'getClientSAMLMetadata importSAMLMetadataFromFile importSAMLMetadataManually importSAMLMetadataFromText importSAMLMetadataFromURL',
  ),
  ...members(
    'LoginSessionResponse ScopeGrantSessionResponse',
    'a page sees the parameters as they were validated, never the outer query of a pushed or signed request',
    'request_url',
  ),
  ...members('LoginSessionResponse ScopeGrantSessionResponse', 'a login that failed waits for no page', 'error'),
  ...members(
    'LoginSessionResponse ScopeGrantSessionResponse',
    'identity assurance is not served',
    'requested_verified_claims',
  ),
  ...members(
    'LoginSessionResponse ScopeGrantSessionResponse',
    inert,
    'authorization_correlation_id max_age requested_claims_to_consent',
  ),
  ...operations('identityself', 'there are no time-based codes (TOTP)', 'changeTotpSecret setTotpSecret'),
  ...members(
    'SelfUserWithDataV2',
    'there are no second factors',
    'second_factor_authentication_mechanisms second_factor_preferred_authentication_mechanism',
  ),
  ...members('SelfUserWithDataV2', 'nobody signs in from elsewhere', 'federated_accounts'),
  ...'listScriptVersions createScriptVersion getScriptVersion getScriptPointers setScriptPointers'
    .split(' ')
    .map((operationId) => ({
      operationId,
      why: 'versions of scripts and what points to them are ours (decision 0017)',
    })),
  ...'pauseWebhook resumeWebhook rotateWebhookSecret redeliverWebhookDeliveries redeliverWebhookDelivery listWebhookDeliveries getWebhookDelivery'
    .split(' ')
    .map((operationId) => ({
      operationId,
      why: 'a webhook is paused, signed for and sent to again in a way of ours (decision 0026)',
    })),
  ...members(
    'WebhookResponse WebhookOnCreateResponse',
    'how a webhook stands, and whether order matters to it; ours',
    'ordered state disabled_reason failing_since',
  ),
  ...members('WebhookOnCreateResponse', 'the secret of Standard Webhooks signatures; ours', 'signing_secret'),
  ...'listScriptRunsOfLogin listScriptRuns getScriptRun replayScriptRun shadowScriptVersion'
    .split(' ')
    .map((operationId) => ({
      operationId,
      why: 'runs of scripts, and what another version would have made of them, are ours (decision 0028)',
    })),
  ...'listApprovals getApproval'
    .split(' ')
    .map((operationId) => ({ operationId, why: 'approvals are ours (decision 0027)' })),
  ...members('Secret', 'the value of a secret is never answered', 'secret value'),
  ...operations('admin', 'an idp has no client of its own', 'getIdentityPoolIDPClient getStaticIDPClient'),
  ...members(
    'IdentityPoolIDP StaticIDP CustomIDP',
    inert,
    'attributes config discovery_settings jit mappings sso_settings static_amr token_exchange_settings version workspace_id',
  ),
  ...members('IdentityPoolIDP StaticIDP', 'an idp has no client of its own', 'client_id'),
  ...members('CustomIDP', 'people of a login page are in no pool of ours', 'identity_pool_id'),
  ...members('CustomIDP', 'its client has the credentials', 'credentials'),
  ...members('ServerConsent', 'answered as a GET answers it, so that its entity tag holds', 'client'),
  ...members('ServerConsent ServerConsentResponse', 'comes with a plugin of its industry', 'openbanking'),
  ...members('StaticIDP', inert, 'identity_pool_id settings'),
  ...operations(
    'admin',
    'paths of a service come with the API authorizer',
    'removeSpecification importSpecificationFromFile importSpecificationFromText importSpecificationFromURL',
  ),
  ...members(
    'ServiceWithAudience ServiceWithScopesResponse',
    'paths of a service come with the API authorizer',
    'gateway_id with_specification',
  ),
  ...members('Claim', saml, 'saml_name saml_name_format'),
  ...members('Claim', 'identity assurance is not served', 'verified'),
  ...operations('admin', certificates, 'parseCertificate'),
  ...operations('admin', 'keys are rotated when somebody says so', 'getAutomaticKeyRotation setAutomaticKeyRotation'),
  { model: 'KeysResponse', member: 'next_key', why: 'a fresh key signs at once: no key waits for its turn' },
  { model: 'KeysResponse', member: 'revoked_keys', why: 'a key that was revoked is forgotten' },
  ...members('ServerJWK ClientJWK', 'the private members of a key stay here', 'd dp dq k p q qi'),
  ...members('ServerJWK ClientJWK', certificates, 'x5c x5t x5t#S256'),
  ...members('ServerJWK', 'a key signs from its creation until it is rotated', 'promoted_at revoked_at rotated_at'),
  ...members(
    'PoolResponse',
    'there is no second factor',
    'mfa_session_ttl second_factor_authentication_mechanisms second_factor_preferred_authentication_mechanism second_factor_threshold',
  ),
  ...operations('identitysystem', 'there is no second factor', 'completeResetTotp requestResetTotp changeTotpSecret'),
  ...members('PoolResponse', 'people are of one kind', 'number_of_jit_users number_of_standard_users'),
  ...operations('admin', ciba, 'getCIBAAuthenticationService setCIBAAuthenticationService'),
  ...operations('admin', 'workspaces are not bound to each other', 'bindServer unbindServer listServersBindings'),
  ...operations('admin', 'themes are not bound to workspaces', 'bindServerTheme getServerTheme unbindServerTheme'),

  ...[
    'updateAuthorizationServer',
    'deleteScope',
    'deleteService',
    'patchConfiguration',
    'importConfiguration',
    'patchTenantConfiguration',
    'importTenantConfiguration',
  ].map((operationId) => ({
    operationId,
    member: 'force',
    why: 'clients that would lose something are named before it is done; ours',
  })),
  ...members('Dump TenantDump', 'said where a passphrase seals the secrets, which only ours does', 'sealing'),
  ...['patchConfiguration', 'importConfiguration', 'patchTenantConfiguration', 'importTenantConfiguration'].map(
    (operationId) => ({ operationId, member: 'dry_run', why: 'looks before anything is written; ours' }),
  ),
  { operationId: 'importConfiguration', member: 'tid', why: 'holds what is imported to one tenant; ours' },

  ...['importIdentityConfiguration', 'patchIdentityConfiguration', 'exportIdentityConfiguration'].map(
    (operationId) => ({
      operationId,
      why: 'people of the whole deployment: its shape is not among the facts',
    }),
  ),
  {
    api: 'identitysystem',
    operationId: 'importTenantConfiguration',
    member: 'mode',
    why: 'as in the System API',
  },

  { model: 'Tenant', member: 'jwks', why: 'each workspace signs with keys of its own, the tenant with none' },

  {
    operationId: 'createClient',
    member: 'application_purpose',
    why: 'nothing is derived from what an application says it is for',
  },
  { operationId: 'listClients', member: 'application_types', why: 'kept as it was registered, and not indexed' },
  ...members(
    clients,
    'a client that was registered with it is answered with it',
    'app_url application_type application_types client_uri description dpop_bound_access_tokens jwks jwks_uri logo_uri metadata organisation_id policy_uri ' +
      'post_logout_redirect_uris require_pushed_authorization_requests software_id software_version subject_type ' +
      'token_endpoint_auth_signing_alg tos_uri',
  ),
  ...members(
    clients,
    saml,
    'saml_allowed_attributes saml_metadata saml_metadata_updated_at saml_metadata_url saml_override_attributes ' +
      'saml_service_provider_id saml_signing_hash saml_subject_name_id saml_subject_name_id_format',
  ),
  ...members(clients, industry, 'fdx obbr'),
  ...members(
    clients,
    ciba,
    'backchannel_authentication_request_signing_alg backchannel_client_notification_endpoint ' +
      'backchannel_token_delivery_mode backchannel_user_code_parameter',
  ),
  ...members(
    clients,
    certificates,
    'certificate tls_client_auth_san_dns tls_client_auth_san_email tls_client_auth_san_ip tls_client_auth_san_uri ' +
      'tls_client_auth_subject_dn tls_client_certificate_bound_access_tokens',
  ),
  ...members(clients, 'secrets are sealed, not hashed', 'hashed_secret hashed_rotated_secrets'),
  ...members(
    clients,
    inert,
    'audience authorization_details_types authorization_encrypted_response_alg authorization_encrypted_response_enc ' +
      'authorization_signed_response_alg backchannel_logout_session_required backchannel_logout_uri default_acr_values ' +
      'developer_id developer_metadata dynamically_registered id_token_encrypted_response_alg ' +
      'id_token_encrypted_response_enc id_token_signed_response_alg introspection_endpoint_auth_method privacy ' +
      'request_object_encryption_alg request_object_encryption_enc request_object_signing_alg request_uris ' +
      'revocation_endpoint_auth_method sector_identifier_uri software_statement software_statement_payload system ' +
      'token_exchange token_ttls use_custom_token_ttls userinfo_signed_response_alg',
  ),
  ...members('Client', inert, 'confirmation registration_token'),
  ...members('ClientAdminResponse', discovery, 'server_issuer_url'),
  ...members('ClientAdminResponse', certificates, 'server_mtls_issuer_url'),

  {
    operationId: 'createAuthorizationServer',
    member: 'with_demo_client',
    why: 'a workspace has its demonstration by its settings',
  },
  ...members(
    'ServerResponse',
    'a setting of our own (decision 0001)',
    'factor_freshness login_lifetime custom_app_timeout script_allowed_hosts demo_enabled plugins',
  ),
  ...members('PoolResponse', 'a setting of our own (decision 0042)', 'script_metadata_workspaces'),
  ...members('ServerResponse', industry, 'cdr consent_id_namespace fdx legal_entity obbr'),
  ...members('ServerResponse', discovery, 'issuer_url jwks'),
  ...members('ServerResponse', certificates, 'mtls_issuer_url root_cas'),
  ...members(
    'ServerResponse',
    ciba,
    'backchannel_token_delivery_modes_supported backchannel_user_code_parameter_supported',
  ),
  ...members('ServerResponse', 'workspaces speak OAuth 2.0 here, and no SAML', 'saml'),
  ...members('ServerResponse', 'no secret of the workspace hashes or signs anything', 'secret rotated_secrets'),
  ...members(
    'ServerResponse',
    inert,
    'advanced authentication_context_settings authentication_mechanisms color custom_issuer_url ' +
      'device_authorization dynamic_client_registration dynamic_scope_separator enable_idp_discovery ' +
      'enable_legacy_clients_with_no_software_statement enable_quick_access enable_trust_anchor enforce_id_token_encryption ' +
      'enforce_pkce_for_public_clients identity_assurance idp_discovery issuer_id logo_uri organization parent_id profile ' +
      'pushed_authorization_request_ttl sso styling subject_identifier_algorithm_salt ' +
      'subject_identifier_types supported_application_purposes template theme_id token_endpoint_authn_methods ' +
      'trust_anchor_configuration version',
  ),
];
