import { shippingState } from './shipping';

const nowMs = Date.parse('2026-11-23T00:00:10Z');
const backup = { height: 9, lagBlocks: 2, lagSeconds: 3, error: null, observedAt: '2026-11-23T00:00:09Z' };

describe('the state of an archive', () => {
  it.each([
    ['off', false, null],
    ['off', false, backup],
    ['waiting', true, null],
    ['waiting', true, { ...backup, observedAt: null }],
    ['shipping', true, backup],
    ['behind', true, { ...backup, error: 'ARCHIVE_UNAVAILABLE' }],
    ['behind', true, { ...backup, lagSeconds: 61 }],
    ['behind', true, { ...backup, observedAt: '2026-11-22T23:59:00Z' }],
  ])('is %s', (state, archived, told) => {
    expect(shippingState(archived, told, nowMs)).toBe(state);
  });
});
