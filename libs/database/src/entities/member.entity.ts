import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** What a member may do; `platform-admin` stands outside every tenant. */
export type MemberRole = 'owner' | 'admin' | 'operator' | 'developer' | 'auditor' | 'platform-admin';

/** A person of a tenant, or a platform administrator. */
@Entity('members')
export class MemberEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'tenant_id', nullable: true }) tenantId!: string | null;
  @Column('text') email!: string;
  @Column('text', { name: 'password_hash', select: false }) passwordHash!: string;
  @Column('text') role!: MemberRole;
  @Column('boolean', { name: 'must_change_password' }) mustChangePassword!: boolean;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}
