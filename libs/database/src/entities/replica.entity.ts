import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where a replica is in its life, as last reported by its worker. */
export type ReplicaState = 'placed' | 'prepared' | 'running' | 'failed' | 'stopped' | 'destroyed';

/**
 * One copy of a ledger on one worker. `current`: a member of the configuration in force. One that is neither that nor
 * joining stays until its directory is gone.
 */
@Entity('replicas')
export class ReplicaEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId!: string;
  @Column('uuid', { name: 'ledger_id' }) ledgerId!: string;
  @Column('integer') index!: number;
  @Column('boolean') current!: boolean;
  /** Made for the next configuration. */
  @Column('boolean') joining!: boolean;
  @Column('boolean', { name: 'replace_wanted' }) replaceWanted!: boolean;
  /** It is to get another consensus key. */
  @Column('boolean', { name: 'rotate_wanted', default: false }) rotateWanted!: boolean;
  @Column('uuid', { name: 'worker_id' }) workerId!: string;
  @Column('text', { name: 'worker_name' }) workerName!: string;
  @Column('text') state!: ReplicaState;
  @Column('bigint', { nullable: true }) height!: string | null;
  @Column('bigint', { nullable: true }) term!: string | null;
  @Column('integer', { nullable: true }) leader!: number | null;
  /** Null unless it ships to the archive; so are the next three. */
  @Column('bigint', { name: 'archived_height', nullable: true }) archivedHeight!: string | null;
  @Column('bigint', { name: 'archive_lag_blocks', nullable: true }) archiveLagBlocks!: string | null;
  @Column('integer', { name: 'archive_lag_seconds', nullable: true }) archiveLagSeconds!: number | null;
  @Column('text', { name: 'archive_error', nullable: true }) archiveError!: string | null;
  @Column('timestamptz', { name: 'observed_at', nullable: true }) observedAt!: Date | null;
}
