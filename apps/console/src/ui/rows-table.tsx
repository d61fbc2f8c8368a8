import { Empty, Skeleton, Table, type TableProps } from 'antd';
import type { ReactNode } from 'react';
import { ProblemAlert } from './problem-alert';

/** A table with its waiting, failed and empty states. */
export function RowsTable<T extends object>(props: {
  rows: readonly T[];
  rowKey: keyof T & string;
  columns: TableProps<T>['columns'];
  pending: boolean;
  error: Error | null;
  onRetry: () => void;
  empty: ReactNode;
  onRow?: (row: T) => { onClick: () => void };
}) {
  if (props.error !== null && props.rows.length === 0)
    return <ProblemAlert error={props.error} onRetry={props.onRetry} />;
  if (props.pending) return <Skeleton active paragraph={{ rows: 5 }} />;
  return (
    <div className="stack">
      {props.error !== null && <ProblemAlert error={props.error} onRetry={props.onRetry} />}
      <div className="table-scroll">
        <Table<T>
          rowKey={props.rowKey}
          size="middle"
          dataSource={[...props.rows]}
          columns={props.columns}
          pagination={false}
          scroll={{ x: 'max-content' }}
          onRow={props.onRow}
          locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={props.empty} /> }}
        />
      </div>
    </div>
  );
}
