import { readCursor, writeCursor } from './cursor';

const id = '3f0c5a52-6f0b-4a0f-9c6e-0d5b8a4d1c11';

describe('cursor', () => {
  it.each(['2026-11-22 16:24:35.123456+00', '2024-02-29 23:59:59-03:30', '2026-01-01 00:00:00+14'])(
    'gives %s back as it was written',
    (createdAt) => {
      expect(readCursor(writeCursor({ createdAt, id }))).toEqual({ createdAt, id });
    },
  );

  it.each([
    '9999-99-99 99:99:99+99',
    '2026-02-30 10:00:00+00',
    '2025-02-29 10:00:00+00',
    '0000-01-01 00:00:00+00',
    '2026-01-01 24:00:00+00',
    '2026-01-01 00:60:00+00',
    '2026-01-01 00:00:00+99:99',
    '2026-00-01 00:00:00+00',
    'infinity',
    '',
  ])('refuses "%s", which the database would not read', (createdAt) => {
    expect(() => readCursor(writeCursor({ createdAt, id }))).toThrow('the cursor is not one of ours');
  });

  it('refuses what is no cursor at all', () => {
    for (const text of ['abc', '%00', `2026-01-01 00:00:00+00/${id.toUpperCase()}`])
      expect(() => readCursor(text)).toThrow('the cursor is not one of ours');
  });
});
