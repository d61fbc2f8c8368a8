import type { ReportIdentity } from '@quorate/payments';

/** A fresh identity for a status report; ISO 20022 allows 35 characters for its message id. */
export function reportIdentity(): ReportIdentity {
  const createdAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const random = crypto.randomUUID().replaceAll('-', '').slice(0, 12).toUpperCase();
  return { messageId: `PSR-${createdAt.replace(/[-:]/g, '').replace('Z', '')}-${random}`, createdAt };
}
