import { createClientCertificate } from '@quorate/transport';

/** Prints a new identity for the gateways of one installation, to be kept as a secret that all of them share. */
async function main(): Promise<void> {
  process.stdout.write(`${JSON.stringify(await createClientCertificate('quorate-gateway'))}\n`);
}

main().catch((cause: unknown) => {
  process.stderr.write(`${String(cause)}\n`);
  process.exitCode = 1;
});
