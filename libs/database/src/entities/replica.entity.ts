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
  @Column('uuid', { name: 'worker_id' }) workerId!: string;
  @Column('text', { name: 'worker_name' }) workerName!: string;
  @Column('text') state!: ReplicaState;
  @Column('bigint', { nullable: true }) height!: string | null;
  @Column('bigint', { nullable: true }) term!: string | null;
  @Column('integer', { nullable: true }) leader!: number | null;
  @Column('timestamptz', { name: 'observed_at', nullable: true }) observedAt!: Date | null;
}
