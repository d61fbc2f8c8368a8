import { Flex, Typography } from 'antd';
import { useEffect, type ReactNode } from 'react';

/** A page's frame: its title (also the browser's), what one can do on it, and the content. */
export function Page(props: { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${props.title} · Quorate`;
  }, [props.title]);
  return (
    <div className="page">
      <Flex justify="space-between" align="flex-start" gap={16} wrap className="page-head">
        <div className="page-head-text">
          <Typography.Title level={1} className="page-title">
            {props.title}
          </Typography.Title>
          {props.lead !== undefined && <div className="page-lead">{props.lead}</div>}
        </div>
        {props.actions !== undefined && (
          <Flex gap={8} wrap>
            {props.actions}
          </Flex>
        )}
      </Flex>
      {props.children}
    </div>
  );
}
