import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** An institution that signed up. */
@Entity('tenants')
export class TenantEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}
