import { makeApiKey, makeSessionToken, readCredential, sessionCookie } from './credential';

describe('readCredential', () => {
  it('reads the API key it made, by any case of the scheme', () => {
    const { key, prefix, hash } = makeApiKey();
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(readCredential({ authorization: `${scheme} ${key}` })).toEqual({ kind: 'api-key', prefix, keyHash: hash });
    }
  });

  it('reads the session among other cookies', () => {
    const { token, hash } = makeSessionToken();
    expect(readCredential({ cookie: `theme=dark; ${sessionCookie}=${token}; lang=en` })).toEqual({
      kind: 'session',
      tokenHash: hash,
    });
  });

  it.each([
    ['nothing', {}],
    ['an empty session', { cookie: `${sessionCookie}=` }],
    ['a cookie whose name ends alike', { cookie: `x${sessionCookie}=${makeSessionToken().token}` }],
    ['a session of the wrong length', { cookie: `${sessionCookie}=${makeSessionToken().token}A` }],
    ['basic authentication', { authorization: 'Basic YTpi' }],
    ['a bearer without key', { authorization: 'Bearer' }],
    ['a key with something behind', { authorization: `Bearer ${makeApiKey().key} more` }],
    ['a key with a wrong check sum', { authorization: `Bearer ${makeApiKey().key.slice(0, -1)}g` }],
    ['an endless header', { authorization: `Bearer ${'q'.repeat(10_000)}` }],
    ['endless cookies', { cookie: `${'a=b; '.repeat(5_000)}${sessionCookie}=${makeSessionToken().token}` }],
  ])('finds no credential in %s', (_name, headers) => {
    expect(readCredential(headers)).toBeNull();
  });

  it('does not fall back to the cookie when an Authorization header is wrong', () => {
    const cookie = `${sessionCookie}=${makeSessionToken().token}`;
    expect(readCredential({ cookie })).not.toBeNull();
    expect(readCredential({ cookie, authorization: 'Bearer wrong' })).toBeNull();
  });

  it('never makes the same secret twice', () => {
    const made = new Set(Array.from({ length: 200 }, () => makeApiKey().key));
    expect(made.size).toBe(200);
  });

  it('notices every single changed character of a key', () => {
    const { key } = makeApiKey();
    for (let place = 3; place < key.length; place += 1) {
      const changed = key.slice(0, place) + (key[place] === '0' ? '1' : '0') + key.slice(place + 1);
      expect(readCredential({ authorization: `Bearer ${changed}` })).toBeNull();
    }
  });
});
