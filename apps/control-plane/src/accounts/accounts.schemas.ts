import { z } from 'zod';
import { displayName, memberSchema, tenantSchema } from '../http/schemas';

/** An e-mail address in the form it is compared by. */
const email = z.string().trim().toLowerCase().max(254).pipe(z.email());
/** Argon2 takes any length; the bound only keeps bodies small. */
const newPassword = z.string().min(12).max(200);
const anyPassword = z.string().min(1).max(200);

export const signUpSchema = z
  .strictObject({ institution: displayName(200), email, password: newPassword })
  .meta({ id: 'SignUp' });
export const loginSchema = z.strictObject({ email, password: anyPassword }).meta({ id: 'Login' });
export const passwordChangeSchema = z
  .strictObject({ currentPassword: anyPassword, newPassword })
  .meta({ id: 'PasswordChange' });

export const signedUpSchema = z.object({ tenant: tenantSchema, member: memberSchema }).meta({ id: 'SignedUp' });
export const sessionSchema = z
  .object({ member: memberSchema.nullable(), tenant: tenantSchema.nullable(), mustChangePassword: z.boolean() })
  .meta({ id: 'Session' });

export type SignUp = z.infer<typeof signUpSchema>;
export type Login = z.infer<typeof loginSchema>;
export type PasswordChange = z.infer<typeof passwordChangeSchema>;
export type SessionView = z.infer<typeof sessionSchema>;
