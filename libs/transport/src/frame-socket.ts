import type { TLSSocket } from 'node:tls';

/** Largest frame payload: a range answer with one oversized last block. */
const FRAME_BYTES_MAX = 4_456_448;

/** Bytes that may wait for a slow receiver; beyond it the connection is dropped whole, and what it carried is repeated by its owner. */
const SEND_QUEUE_BYTES_MAX = 33_554_432;

/** u32 length of kind and payload, u8 kind. */
const PREFIX_BYTES = 5;

/** Frames of one turn up to this size together leave as one buffer: one TLS record or a few, and one call into the system. */
const JOINED_BYTES_MAX = 65_536;

/** One whole frame, ready for any number of connections. The parts are copied. */
export function frameBytes(kind: number, parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  // The copy costs less than the one that the TLS layer makes of every write of several buffers, for each receiver anew.
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + length);
  frame.writeUInt32BE(length + 1, 0);
  frame[4] = kind;
  let offset = PREFIX_BYTES;
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.length;
  }
  return frame;
}

/** What the owner of a connection hears. */
export interface FrameHandler {
  frame(kind: number, payload: Uint8Array): void;
  closed(): void;
}

/** Whole frames over a TLS connection: u32 length, u8 kind, payload. Frames sent in one turn leave together. */
export class FrameSocket {
  private readonly prefix = Buffer.alloc(PREFIX_BYTES);
  private prefixFilled = 0;
  private payload: Buffer | null = null;
  private payloadFilled = 0;
  /** Frames of this turn. */
  private queued: Buffer[] = [];
  private queuedBytes = 0;
  private open = true;

  constructor(
    private readonly socket: TLSSocket,
    private readonly handler: FrameHandler,
  ) {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 5_000);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', () => this.close());
    socket.on('end', () => this.close());
    socket.on('close', () => this.close());
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Queues one frame; false when the connection is closed or was just dropped because its queue is full. */
  send(kind: number, ...parts: readonly Uint8Array[]): boolean {
    return this.sendFrame(frameBytes(kind, parts));
  }

  /** As `send`, of what `frameBytes` gave. */
  sendFrame(frame: Buffer): boolean {
    if (!this.open) return false;
    if (this.socket.writableLength + this.queuedBytes + frame.length > SEND_QUEUE_BYTES_MAX) {
      this.close();
      return false;
    }
    if (this.queued.length === 0) process.nextTick(() => this.flush());
    this.queued.push(frame);
    this.queuedBytes += frame.length;
    return true;
  }

  /** Flushes what is queued and ends the connection. */
  end(): void {
    this.flush();
    this.socket.end(() => this.close());
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.socket.destroy();
    this.handler.closed();
  }

  private flush(): void {
    const { queued, queuedBytes } = this;
    this.queued = [];
    this.queuedBytes = 0;
    if (!this.open || queued.length === 0) return;
    if (queued.length === 1) {
      this.socket.write(queued[0]);
    } else if (queuedBytes <= JOINED_BYTES_MAX) {
      this.socket.write(Buffer.concat(queued, queuedBytes));
    } else {
      this.socket.cork();
      for (const frame of queued) this.socket.write(frame);
      this.socket.uncork();
    }
  }

  private receive(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length && this.open) {
      if (this.payload === null) {
        const count = Math.min(PREFIX_BYTES - this.prefixFilled, chunk.length - offset);
        chunk.copy(this.prefix, this.prefixFilled, offset, offset + count);
        this.prefixFilled += count;
        offset += count;
        if (this.prefixFilled < PREFIX_BYTES) return;
        const length = this.prefix.readUInt32BE(0);
        if (length < 1 || length - 1 > FRAME_BYTES_MAX) {
          this.close();
          return;
        }
        this.payload = Buffer.allocUnsafeSlow(length - 1);
        this.payloadFilled = 0;
      }
      const count = Math.min(this.payload.length - this.payloadFilled, chunk.length - offset);
      chunk.copy(this.payload, this.payloadFilled, offset, offset + count);
      this.payloadFilled += count;
      offset += count;
      if (this.payloadFilled === this.payload.length) this.deliver(this.payload);
    }
  }

  private deliver(payload: Buffer): void {
    this.payload = null;
    this.prefixFilled = 0;
    this.handler.frame(this.prefix[4], new Uint8Array(payload.buffer, payload.byteOffset, payload.length));
  }
}
