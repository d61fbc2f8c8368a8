import { hex } from '@quorate/crypto';
import { verifyReceipt } from '@quorate/light-client';
import { Cluster, setUpOperations, transfer } from './cluster';

describe('smoke', () => {
  it('works', async () => {
    const cluster = await Cluster.start(4);
    try {
      const c = await cluster.connect(0);
      console.log((await c.query({ query: 'status' })));
      console.log(await c.submit(cluster.envelope(setUpOperations(cluster.operator, 2))));
      const t = performance.now();
      console.log(await c.submit(cluster.envelope([transfer(100n, 1n, 2n, 50n)])), performance.now() - t);
      const answer = await c.query({ query: 'receipt', transferId: (100n).toString(16).padStart(32, '0') });
      console.log(answer.kind, performance.now() - t);
      console.log(verifyReceipt(answer.receipt, hex(cluster.anchor)));
      console.log((await c.query({ query: 'status' })));
    } finally {
      await cluster.stop();
    }
  }, 15000);
});
