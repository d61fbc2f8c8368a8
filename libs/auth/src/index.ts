export { Authenticator } from './authenticator';
export type { Identity } from './authenticator';
export { makeApiKey, makeSessionToken, readCredential, sessionCookie } from './credential';
export type { CredentialHeaders, PresentedCredential } from './credential';
export { PasswordHasher } from './password';
