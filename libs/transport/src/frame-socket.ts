import type { TLSSocket } from 'node:tls';

/** Largest frame payload: a range answer with one oversized last block. */
const FRAME_BYTES_MAX = 4_456_448;

/** Bytes that may wait for a slow receiver; beyond it the connection is dropped whole, and what it carried is repeated by its owner. */
const SEND_QUEUE_BYTES_MAX = 33_554_432;

/** u32 length of kind and payload, u8 kind. */
const PREFIX_BYTES = 5;

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
  private corked = false;
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
    if (!this.open) return false;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (this.socket.writableLength + length > SEND_QUEUE_BYTES_MAX) {
      this.close();
      return false;
    }
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      process.nextTick(() => {
        this.corked = false;
        this.socket.uncork();
      });
    }
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
    prefix.writeUInt32BE(length + 1, 0);
    prefix[4] = kind;
    this.socket.write(prefix);
    for (const part of parts) if (part.length > 0) this.socket.write(part);
    return true;
  }

  /** Flushes what is queued and ends the connection. */
  end(): void {
    this.socket.end(() => this.close());
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.socket.destroy();
    this.handler.closed();
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
