/** An open file of fixed size. Offsets and lengths are bytes. */
export interface StoredFile {
  readonly sizeBytes: number;
  /** Writes the chunks one after another from `offsetBytes`; they are durable when it resolves. After a rejection nothing may be assumed about them. */
  write(offsetBytes: number, chunks: readonly Uint8Array[]): Promise<void>;
  /** Reads exactly `lengthBytes`; a file that ends earlier is an error. */
  read(offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** An open file that grows as it is written. */
export interface GrowingFile {
  readonly sizeBytes: number;
  /** Writes the chunks one after another from `offsetBytes`, at most at the end of the file. Durable only after `sync`. */
  write(offsetBytes: number, chunks: readonly Uint8Array[]): Promise<void>;
  /** Everything written before is durable when it resolves. */
  sync(): Promise<void>;
  /** Cuts the file; durable after `sync`. */
  truncate(sizeBytes: number): Promise<void>;
  /** Reads exactly `lengthBytes`; a file that ends earlier is an error. */
  read(offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** One directory that belongs to one replica alone. */
export interface Directory {
  /** Names of the files in it, in ascending code unit order. */
  list(): Promise<string[]>;
  open(name: string): Promise<StoredFile>;
  /** Makes a zero-filled file whose blocks are allocated and whose directory entry is durable; a half-made one never shows under `name`. */
  createZeroed(name: string, sizeBytes: number): Promise<StoredFile>;
  /** Opens a file that may grow; makes an empty one, with a durable entry, if there is none. */
  openGrowing(name: string): Promise<GrowingFile>;
  /** Replaces `to`, if it exists; the new entry is durable when it resolves. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; no error if there is none. Durable when it resolves. */
  remove(name: string): Promise<void>;
}
