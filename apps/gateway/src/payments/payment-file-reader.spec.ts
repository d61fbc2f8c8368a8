import { GATEWAY_LIMITS } from '../limits';
import { PaymentFileReader } from './payment-file-reader';

const xml = new TextEncoder().encode('<Document>');

describe('payment file reader', () => {
  let reader: PaymentFileReader;
  beforeEach(() => (reader = new PaymentFileReader()));
  afterEach(() => reader.close());
  const read = (tenantId: string) => reader.read(tenantId, xml, {});

  it('reads files one after another', async () => {
    const results = await Promise.all([read('a'), read('b'), read('a')]);
    expect(results.map(({ ok }) => ok)).toEqual([false, false, false]);
  });

  it('keeps a tenant from taking the whole queue', async () => {
    const held = Array.from({ length: GATEWAY_LIMITS.tenantPaymentFilesMax }, () => read('a'));
    await expect(read('a')).rejects.toMatchObject({ code: 'TENANT_CONCURRENCY_LIMITED', status: 429 });
    await Promise.all([...held, read('b')]);
    await expect(read('a')).resolves.toMatchObject({ ok: false });
  });

  it('does not queue without bound', async () => {
    const tenants = Array.from({ length: GATEWAY_LIMITS.paymentFilesWaitingMax + 1 }, (_, index) => `tenant ${index}`);
    const held = tenants.map(read);
    await expect(read('one more')).rejects.toMatchObject({ code: 'GATEWAY_BUSY', status: 503 });
    await Promise.all(held);
  });
});
