import { generateKeyPairSync } from 'node:crypto';
import { ensureFile } from './secret-file';

const fileName = 'governance.key';

/** The installation's governance key (Ed25519, PKCS #8 PEM): read from its file, or made (file mode 0600) in the home directory. */
export function ensureGovernanceKey(home: string): string {
  return ensureFile(home, fileName, () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  );
}
