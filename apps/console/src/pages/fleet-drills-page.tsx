import { ExperimentOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { controlPlane } from '../api/clients';
import { drillsQuery } from '../api/queries';
import { DrillScheduleText } from '../backup/drill-schedule-text';
import { RunTable } from '../backup/run-table';
import { Page } from '../ui/page';
import { ProblemAlert } from '../ui/problem-alert';

/** Recovery drills of all ledgers: when the next one is, and what came of each. */
export function FleetDrillsPage() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const drills = useQuery(drillsQuery);
  const draw = useMutation({
    mutationFn: () => controlPlane.drawDrill(),
    onSettled: () => queryClient.invalidateQueries({ queryKey: drillsQuery.queryKey }),
  });
  return (
    <Page
      title={t('nav.drills')}
      lead={
        <>
          {t('drill.fleetLead')} {drills.data !== undefined && <DrillScheduleText schedule={drills.data.schedule} />}
        </>
      }
      actions={
        <Button type="primary" icon={<ExperimentOutlined />} loading={draw.isPending} onClick={() => draw.mutate()}>
          {t('drill.now')}
        </Button>
      }
    >
      <div className="stack">
        {draw.error !== null && <ProblemAlert error={draw.error} />}
        <RunTable
          runs={drills.data?.data ?? []}
          pending={drills.isPending}
          error={drills.error}
          onRetry={() => void drills.refetch()}
          empty={t('drill.empty')}
          withLedger
        />
      </div>
    </Page>
  );
}
