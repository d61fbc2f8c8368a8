import { join } from 'node:path';
import { deriveSecret, type Config } from '@quorate/config';
import { FileKeyProvider } from './file-provider';
import { KeyError, type KeyProvider } from './key-provider';
import { Pkcs11KeyProvider } from './pkcs11-provider';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The provider that the environment names. Without a word of it, keys in a file of the home directory; the first one is derived from the
 * installation's secret, so that workers with homes of their own have the same. Throws KeyError.
 */
export function openKeyProvider(
  config: Pick<Config, 'home' | 'secret'>,
  environment: Environment = process.env,
): KeyProvider {
  const kind = environment.QUORATE_KEY_PROVIDER || 'file';
  if (kind === 'file') {
    if (environment.QUORATE_KEY_FILE) return FileKeyProvider.open(environment.QUORATE_KEY_FILE);
    const first = new Uint8Array(deriveSecret(config, 'key-provider/1'));
    return FileKeyProvider.open(join(config.home, 'keys', 'provider-keys'), first);
  }
  if (kind === 'pkcs11')
    return new Pkcs11KeyProvider({
      module: required(environment, 'QUORATE_PKCS11_MODULE'),
      token: required(environment, 'QUORATE_PKCS11_TOKEN'),
      label: required(environment, 'QUORATE_PKCS11_KEY'),
      pinFile: required(environment, 'QUORATE_PKCS11_PIN_FILE'),
    });
  throw new KeyError('KEY_PROVIDER_INVALID', `QUORATE_KEY_PROVIDER is file or pkcs11, not ${kind}`);
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new KeyError('KEY_PROVIDER_INVALID', `${name} is not set`);
  return value;
}
