import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One entry of a ledger's provisioning log: a step began, was done, or failed with a cause. Append-only. */
@Entity('ledger_steps')
export class LedgerStepEntity {
  @PrimaryColumn('bigint') id!: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId!: string;
  @Column('uuid', { name: 'ledger_id' }) ledgerId!: string;
  @Column('integer') sequence!: number;
  @Column('text') step!: string;
  @Column('text') state!: 'started' | 'done' | 'failed';
  @Column('integer', { name: 'replica_index', nullable: true }) replicaIndex!: number | null;
  @Column('text', { name: 'worker_name', nullable: true }) workerName!: string | null;
  @Column('text', { name: 'cause_code', nullable: true }) causeCode!: string | null;
  @Column('text', { name: 'cause_detail', nullable: true }) causeDetail!: string | null;
  @Column('timestamptz') at!: Date;
  @Column('double precision', { name: 'elapsed_ms', nullable: true }) elapsedMs!: number | null;
}
