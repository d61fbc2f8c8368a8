import { RequestLimits, type RequestBounds } from './request-limits';

const bounds: RequestBounds = {
  inFlightMax: 3,
  tenantInFlightMax: 2,
  tenantRequestsPerSecondMax: 100,
};

describe('request limits', () => {
  it('keeps one tenant from taking every place', async () => {
    const limits = new RequestLimits(bounds);
    await limits.admit('a');
    await limits.admit('a');
    await expect(limits.admit('a')).rejects.toMatchObject({ code: 'TENANT_CONCURRENCY_LIMITED', status: 429 });
    await limits.admit('b');
    await expect(limits.admit('c')).rejects.toMatchObject({ code: 'GATEWAY_BUSY', status: 503 });
  });

  it('gives a place back once, however often it is released', async () => {
    const limits = new RequestLimits(bounds);
    const release = await limits.admit('a');
    await limits.admit('a');
    release();
    release();
    expect(limits.inFlightCount).toBe(1);
    await limits.admit('a');
    await expect(limits.admit('a')).rejects.toMatchObject({ code: 'TENANT_CONCURRENCY_LIMITED' });
  });

  it('limits the requests of a tenant per second and says how long to wait', async () => {
    const limits = new RequestLimits({ ...bounds, tenantRequestsPerSecondMax: 1 });
    (await limits.admit('a'))();
    const failure = await limits.admit('a').catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: 'TENANT_RATE_LIMITED', status: 429 });
    expect(failure).toHaveProperty('facts.retryAfterMs', expect.any(Number));
    expect(limits.inFlightCount).toBe(0);
  });
});
