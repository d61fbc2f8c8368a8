import { CodecError } from '@quorate/codec';
import { CodedError } from '@quorate/errors';
import type { Archive, ArchivedBlock } from '@quorate/storage';
import { ReplicaError } from './replica-error';

/** Reads what this replica dropped, or never had, from the ledger's archive. */
export class ArchivedHistory {
  constructor(private readonly archive: Archive) {}

  /** A block of the archive; null if it is not there. Throws REPLICA_ARCHIVE_UNREACHABLE while that cannot be told. */
  async find(height: number): Promise<ArchivedBlock | null> {
    try {
      return await this.archive.block(height);
    } catch (error) {
      if (!(error instanceof CodedError) && !(error instanceof CodecError)) throw error;
      throw new ReplicaError(
        'REPLICA_ARCHIVE_UNREACHABLE',
        `block ${height} is in the archive only: ${error.message}`,
        {
          height,
          cause: error.code,
        },
      );
    }
  }
}
