// TCP connections that can be cut as a network is: bytes stop, in both directions or in one, and nobody is told.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const host = '127.0.0.1';

/** The way of one end to another: listens on a port of its own and hands everything on, unless it is cut. */
class Wire {
  port = 0;
  #target;
  #server;
  #pairs = new Set();
  #cut = { forth: false, back: false };

  constructor(target) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  async open() {
    this.#server.listen({ host, port: 0 });
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
    return this;
  }

  #join(near) {
    const far = connect({ host, port: this.#target() });
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    this.#pass(near, far, 'forth');
    this.#pass(far, near, 'back');
  }

  #pass(from, to, direction) {
    from.on('data', (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => this.#cut[direction] || from.resume());
    if (this.#cut[direction]) from.pause();
  }

  /** `forth`: from the one who dialled to the other; what is sent waits, as in a network that will come back. */
  cut({ forth, back }) {
    this.#cut = { forth, back };
    for (const { near, far } of this.#pairs) {
      if (forth) near.pause();
      if (back) far.pause();
    }
  }

  /** Lets bytes flow again; `broken`: the connections did not survive. */
  heal({ broken }) {
    this.#cut = { forth: false, back: false };
    for (const { near, far } of this.#pairs) {
      if (broken) {
        near.destroy();
        far.destroy();
      } else {
        near.resume();
        far.resume();
      }
    }
  }

  close() {
    this.#server.close();
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }
}

/** All ways between the replicas of a cluster, made as they are needed. */
export class Wires {
  #wires = new Map();
  #cluster;

  constructor(cluster) {
    this.#cluster = cluster;
  }

  /** Makes the ways from one replica to all others. */
  async openFrom(from) {
    const others = this.#cluster.prepared.map((_, index) => index).filter((index) => index !== from);
    for (const to of others) {
      const name = `${from} ${to}`;
      if (!this.#wires.has(name)) this.#wires.set(name, await new Wire(() => this.#cluster.prepared[to].port).open());
    }
  }

  port(from, to) {
    return this.#wires.get(`${from} ${to}`)?.port;
  }

  /** Cuts a replica off from all others; `oneWay` leaves it deaf but not dumb, or the other way round. */
  isolate(index, oneWay) {
    for (const [name, wire] of this.#wires) {
      const [from, to] = name.split(' ').map(Number);
      if (from !== index && to !== index) continue;
      const outgoing = from === index ? 'forth' : 'back';
      if (oneWay === null) wire.cut({ forth: true, back: true });
      else
        wire.cut({
          forth: (outgoing === 'forth') === (oneWay === 'dumb'),
          back: (outgoing === 'back') === (oneWay === 'dumb'),
        });
    }
  }

  heal(broken) {
    for (const wire of this.#wires.values()) wire.heal({ broken });
  }

  close() {
    for (const wire of this.#wires.values()) wire.close();
  }
}
