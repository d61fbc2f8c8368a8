import { QueryFailedError } from 'typeorm';
import { isDatabaseAway } from './database-faults';

const fault = (message: string, code?: string): Error => Object.assign(new Error(message), code ? { code } : {});
const failedQuery = (cause: Error): Error => new QueryFailedError('select 1', [], cause);

describe('faults of the database', () => {
  it.each([
    fault('the database system is in recovery mode', '57P03'),
    fault('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED'),
    fault('timeout exceeded when trying to connect'),
    failedQuery(fault('Connection terminated unexpectedly')),
    failedQuery(fault('terminating connection due to administrator command', '57P01')),
    failedQuery(fault('sorry, too many clients already', '53300')),
  ])('pass when it could not be asked: %s', (thrown) => {
    expect(isDatabaseAway(thrown)).toBe(true);
  });

  it.each([
    failedQuery(fault('duplicate key value violates unique constraint', '23505')),
    failedQuery(fault('date/time field value out of range', '22008')),
    failedQuery(fault('new row violates row-level security policy', '42501')),
    fault('something else'),
    new TypeError('x is undefined'),
    null,
  ])('are ours when it answered: %s', (thrown) => {
    expect(isDatabaseAway(thrown)).toBe(false);
  });
});
