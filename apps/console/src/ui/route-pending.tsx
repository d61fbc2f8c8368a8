import { Skeleton } from 'antd';

/** Stands where a page will be while its code arrives. */
export function RoutePending() {
  return (
    <div className="page" aria-busy="true">
      <Skeleton active paragraph={{ rows: 6 }} />
    </div>
  );
}
