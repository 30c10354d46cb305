/** Where objects within bodies and answers differ from what is published, and why. What no longer differs has to leave. */
import type { Explanation } from './compare.ts';
import { certificates, ciba, discovery, industry, inert, secretHalf, totp, unserved } from './reasons.ts';

const of = (models: string, why: string, names: string): readonly Explanation[] =>
  models.split(' ').flatMap((model) => names.split(' ').map((member) => ({ model, member, why })));
const sent = (models: string, why: string, names: string): readonly Explanation[] =>
  models.split(' ').flatMap((model) => names.split(' ').map((name) => ({ model, sent: name, why })));

const passkeys =
  'a passkey is kept with what a login needs of it: who attested it, and how it was connected, decides nothing';
const ceremony = 'an authenticator answers with all of them (WebAuthn §5.1)';
const read = 'is read from the attestation, which holds it (WebAuthn §5.2.1)';
const authorizer = 'paths of a service come with the API authorizer';
const context = 'is part of the context, where it is answered';

export const explainedNested: readonly Explanation[] = [
  ...of('TenantSettings', unserved, 'security'),
  ...sent('TenantSettings', unserved, 'security'),
  ...of('ServerSettings', 'an application is not chosen for who names none', 'default_client_id'),
  ...sent('ServerSettings', 'an application is not chosen for who names none', 'default_client_id'),
  ...sent(
    'AdvancedConfiguration',
    unserved,
    'acr_values block_response_modes disallow_code_response_type_without_jarm disallowed_response_modes ' +
      'enforce_acr_values require_request_or_request_uri_parameter',
  ),
  ...sent('CookiesConfiguration SSOConfiguration', unserved, 'same_site max_age max_idle').filter(
    ({ model, sent: name }) => (model === 'CookiesConfiguration') === (name === 'same_site'),
  ),
  ...sent(
    'AdvancedConfiguration',
    'holds whatever is said: no token is read from a query, answers name their issuer, and people return to registered pages',
    'disallow_access_token_in_query_for_protected_resources return_iss_parameter_in_authorization_response ' +
      'strict_post_logout_redirect_enforcement',
  ),
  ...sent(
    'AdvancedConfiguration',
    inert,
    'disable_par disable_rar disable_refresh_token_cycling do_not_issue_acr_claim_in_id_token ignore_unknown_scopes_for_dcr',
  ),
  ...sent(
    'AdvancedConfiguration',
    certificates,
    'advertise_only_mtls_aliases_in_well_known disable_dcr_client_certificate_bound_access_tokens',
  ),
  ...sent(
    'SSOConfiguration',
    'whoever signed in is known to every application of the workspace, for as long as cookie_max_age',
    'domain enabled logout_redirect_domains loa_threshold post_logout_url',
  ),
  ...of(
    'Server',
    inert,
    'advanced authentication_context_settings authentication_mechanisms color custom_issuer_url device_authorization ' +
      'dynamic_client_registration dynamic_scope_separator enable_idp_discovery ' +
      'enable_legacy_clients_with_no_software_statement enable_quick_access enable_trust_anchor ' +
      'enforce_id_token_encryption enforce_pkce_for_public_clients identity_assurance idp_discovery issuer_id logo_uri ' +
      'organization parent_id profile pushed_authorization_request_ttl sso styling ' +
      'subject_identifier_algorithm_salt subject_identifier_types template trust_anchor_configuration version',
  ),
  ...of('Server', 'answered under its newer name', 'token_endpoint_authn_methods'),
  ...of('Server', industry, 'cdr consent_id_namespace fdx legal_entity obbr'),
  ...of('Server', discovery, 'jwks'),
  ...of('Server', certificates, 'root_cas'),
  ...of('Server', ciba, 'backchannel_token_delivery_modes_supported backchannel_user_code_parameter_supported'),
  ...of('Server', 'workspaces speak OAuth 2.0 here, and no SAML', 'saml'),
  ...of('Server', 'no secret of the workspace hashes or signs anything', 'secret rotated_secrets'),
  ...of(
    'Server',
    'a setting of our own (decision 0001)',
    'factor_freshness login_lifetime custom_app_timeout script_allowed_hosts demo_enabled plugins',
  ),

  ...sent('ClientJWK', secretHalf, 'd dp dq k p q qi'),
  ...sent('ClientJWK', 'members of RFC 7517', 'key_ops x5u'),
  ...sent('ClientJWK', 'without it a key is none (RFC 7517 §4.1)', 'kty*'),
  ...sent('ClientJWKs', 'without it a set of keys is none (RFC 7517 §5)', 'keys*'),

  ...of('StaticUser', context, 'additional_attributes email email_verified phone_number phone_number_verified'),
  ...of('StaticUser', 'passwords are never answered', 'password'),
  ...sent('StaticUser', 'nobody signs in without one', 'username*'),
  ...of('CustomSettings', inert, 'type'),
  ...sent('CustomSettings', inert, 'type'),
  ...sent('CustomSettings', 'a login page is somewhere', 'login_url*'),
  ...of('CustomServerConsent', 'answered under its newer name', 'scope_grant_url'),
  ...of(
    'IDPBase',
    inert,
    'attributes config discovery_settings jit mappings sso_settings static_amr token_exchange_settings version workspace_id',
  ),
  ...of('IDPBase', 'listed as each is shown by its own call', 'credentials settings'),

  ...of('Service ServiceResponse', authorizer, 'gateway_id with_specification'),
  ...of('ServiceResponse', authorizer, 'number_of_apis'),
  ...of('ServiceResponse', 'clients are counted by nobody', 'number_of_subscribers'),
  ...of(
    'RequestedScope',
    'a page is told what it shows of a scope, and what it is granted by: its name',
    'id implicit metadata service with_service',
  ),
  ...of(
    'TenantRoleSubject WorkspaceRoleSubject IdentityPoolRoleSubject',
    'programs may have roles as people do; ours',
    'client_id',
  ),

  ...sent('Rfc6902PatchOperation', 'an operation of RFC 6902 has them (§4)', 'op* path* from'),

  ...of('OtpSettings', totp, 'reset_totp'),
  ...sent('OtpSettings', totp, 'reset_totp'),
  ...sent('NewUserCredential', totp, 'totp_secret type=totp'),
  ...sent('NewUserCredential', 'until when a password may be used', 'expires_at'),
  ...sent('NewUserIdentifier', 'nobody signs in from elsewhere', 'type=federated'),
  ...sent('NewUserVerifiableAddress', 'is active where it is not said', 'status*'),
  ...of('ExtendedUser', 'people are of one kind', 'user_type'),
  ...of('SelfUserCredentials', 'the time itself is told', 'expires_after'),
  ...of('Credential', passkeys, 'attestation'),
  ...of('Authenticator', passkeys, 'attachment'),
  ...of('Credential', 'what its person calls it, and when they used it; ours', 'name last_used_at'),
  ...sent('Credential', passkeys, 'attestation'),
  ...sent('Authenticator', passkeys, 'attachment cloneWarning'),
  ...sent('CredentialFlags', passkeys, 'userPresent userVerified'),
  ...sent(
    'Credential',
    'what its person calls it, and by which handle their devices know them; ours',
    'name userHandle',
  ),
  ...sent('Credential', 'a passkey is nothing without them', 'id* publicKey*'),
  ...sent('AuthenticatorAttestationResponse', read, 'authenticatorData publicKey publicKeyAlgorithm'),
  ...sent('AuthenticatorAttestationResponse', ceremony, 'attestationObject* clientDataJSON*'),
];
