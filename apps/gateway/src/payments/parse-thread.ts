import { parentPort } from 'node:worker_threads';

import { parsePaymentFile } from '@quorate/payments';

import type { ParseRequest } from './payment-file-reader';

// A file of the largest size takes most of a second to read: on a thread of its own it holds nobody else up.
parentPort?.on('message', ({ xml, options }: ParseRequest) => {
  parentPort?.postMessage(parsePaymentFile(xml, options));
});
