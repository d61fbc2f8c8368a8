import { PasswordHasher } from './password';

describe('PasswordHasher', () => {
  it('makes an Argon2id hash that only its password fits', async () => {
    const hasher = new PasswordHasher();
    const stored = await hasher.hash('correct horse');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await expect(hasher.verify(stored, 'correct horse')).resolves.toBe(true);
    await expect(hasher.verify(stored, 'wrong horse')).resolves.toBe(false);
    await expect(hasher.hash('correct horse')).resolves.not.toBe(stored);
  });

  it('says no when nobody has the name', async () => {
    await expect(new PasswordHasher().verify(null, 'a password that nobody has')).resolves.toBe(false);
  });

  it('refuses more work than its queue holds, and recovers', async () => {
    const hasher = new PasswordHasher();
    const outcomes = await Promise.allSettled(Array.from({ length: 90 }, () => hasher.hash('p')));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    // Two run, sixty-four wait.
    expect(refused).toHaveLength(24);
    for (const outcome of refused) expect(outcome.reason).toMatchObject({ code: 'PASSWORD_HASHING_BUSY' });
    await expect(hasher.hash('p')).resolves.toMatch(/^\$argon2id\$/);
  });
});
