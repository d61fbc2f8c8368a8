import { isValidIBAN } from 'ibantools';
import type { AccountReference } from './payment-file';

/** Why an account reference cannot be used, or null. An IBAN needs its country's structure and the mod 97 check digits. */
export function accountFault(reference: AccountReference): string | null {
  if (reference.kind === 'other') return reference.value === '' ? 'the account has no identifier' : null;
  if (isValidIBAN(reference.value)) return null;
  return `${reference.value} is not a valid IBAN (country structure or check digits)`;
}
