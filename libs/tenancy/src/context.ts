/** What a member may do inside a tenant. */
export type TenantRole = 'owner' | 'admin' | 'operator' | 'developer' | 'auditor';

/** Who acts for a tenant. */
export type TenantActor =
  | { readonly kind: 'member'; readonly memberId: string; readonly role: TenantRole }
  | { readonly kind: 'api-key'; readonly apiKeyId: string };

/** Proof that the caller was authenticated for one tenant; first parameter of everything that touches its rows. */
export interface TenantContext {
  readonly kind: 'tenant';
  readonly tenantId: string;
  readonly actor: TenantActor;
}

/** A platform administrator; stands outside every tenant. */
export interface PlatformContext {
  readonly kind: 'platform';
  readonly memberId: string;
}

/** Work of the platform itself, for no caller; `reason` names it in logs. */
export interface SystemContext {
  readonly kind: 'system';
  readonly reason: string;
}

/** A context for the platform's own work. */
export function systemContext(reason: string): SystemContext {
  return Object.freeze({ kind: 'system', reason });
}

/** Names the acting person or key in a form that is stable and carries no secret. */
export function actorId(context: TenantContext | PlatformContext): string {
  if (context.kind === 'platform') return context.memberId;
  return context.actor.kind === 'member' ? context.actor.memberId : context.actor.apiKeyId;
}
