import type { ReplicaConnection, SubmitReply } from '@quorate/transport';
import type { Cluster } from './cluster';

/** One client that never gives up: the same bytes again, at the next replica, until they are final. */
export class PersistentClient {
  private readonly connections = new Map<number, Promise<ReplicaConnection>>();
  stopped = false;

  constructor(private readonly cluster: Cluster) {}

  async submit(envelope: Uint8Array, first = 0): Promise<Extract<SubmitReply, { kind: 'final' }>> {
    const count = this.cluster.replicas.length;
    for (let attempt = first; !this.stopped; attempt += 1) {
      const index = attempt % count;
      try {
        const connection = await this.connection(index);
        const reply = await connection.submit(envelope);
        if (reply.kind === 'final') return reply;
        if (reply.code !== 'busy') throw new Error(`refused: ${reply.code}`);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('refused')) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('stopped');
  }

  async connection(index: number): Promise<ReplicaConnection> {
    const known = this.connections.get(index);
    if (known !== undefined) return known;
    const opening = this.cluster.connect(index);
    this.connections.set(index, opening);
    const forget = (): void => {
      if (this.connections.get(index) === opening) this.connections.delete(index);
    };
    opening.then((connection) => connection.closed.then(forget), forget);
    return opening;
  }

  async close(): Promise<void> {
    this.stopped = true;
    for (const connection of await Promise.allSettled(this.connections.values())) {
      if (connection.status === 'fulfilled') connection.value.close();
    }
  }
}
