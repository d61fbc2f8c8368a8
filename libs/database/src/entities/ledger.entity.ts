import type { LedgerClass } from '@quorate/tenancy';
import type { AcquiredRecord, ForkPoint } from '../fork-record';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where a ledger is in its life. */
export type LedgerState = 'provisioning' | 'ready' | 'failed' | 'retiring' | 'retired';

/** The party that operates a ledger, as its tenant named it; key bytes in hex. */
export interface LedgerOperator {
  readonly name: string;
  readonly threshold: number;
  readonly keys: readonly { readonly scheme: 'ed25519' | 'p256'; readonly publicKey: string }[];
}

/** A statement as text, exactly the signed bytes, with the signature of the platform's governance key. */
export interface ShredCertificate {
  readonly statement: string;
  /** Ed25519 public key and signature, hex. */
  readonly publicKey: string;
  readonly signature: string;
}

/** A ledger as its tenant wants it and as far as it has come. */
@Entity('ledgers')
export class LedgerEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId!: string;
  @Column('text') name!: string;
  @Column('text') class!: LedgerClass;
  /** Its blocks and snapshots are kept in the archive, too. */
  @Column('boolean') archived!: boolean;
  @Column('text') region!: string;
  @Column('integer', { name: 'replica_count' }) replicaCount!: number;
  /** Of the configuration in force. */
  @Column('integer', { default: 1 }) epoch!: number;
  @Column('text') state!: LedgerState;
  @Column('text', { name: 'cause_code', nullable: true }) causeCode!: string | null;
  @Column('text', { name: 'cause_detail', nullable: true }) causeDetail!: string | null;
  @Column('jsonb') operator!: LedgerOperator;
  @Column('bytea', { nullable: true, select: false }) genesis!: Buffer | null;
  @Column('text', { name: 'genesis_id', nullable: true }) genesisId!: string | null;
  /** The ledger of which this one is a fork. */
  @Column('uuid', { name: 'parent_id', nullable: true }) parentId!: string | null;
  @Column('jsonb', { name: 'parent_point', nullable: true }) parentPoint!: ForkPoint | null;
  @Column('bigint', { name: 'parent_height', nullable: true }) parentHeight!: string | null;
  /** The state with which it began. */
  @Column('jsonb', { name: 'parent_state', nullable: true }) parentState!: AcquiredRecord | null;
  @Column('text', { name: 'creation_key', select: false }) creationKey!: string;
  @Column('timestamptz', { name: 'created_at', default: () => 'clock_timestamp()' }) createdAt!: Date;
  @Column('timestamptz', { name: 'ready_at', nullable: true }) readyAt!: Date | null;
  @Column('timestamptz', { name: 'expires_at', nullable: true }) expiresAt!: Date | null;
  /** Set at the retirement: until then its archive can be read, and what was there be brought back. */
  @Column('timestamptz', { name: 'archive_until', nullable: true }) archiveUntil!: Date | null;
  @Column('jsonb', { name: 'shred_certificate', nullable: true }) shredCertificate!: ShredCertificate | null;
}
