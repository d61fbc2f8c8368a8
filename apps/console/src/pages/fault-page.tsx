import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { ProblemAlert } from '../ui/problem-alert';

/** Shown when a page could not be opened at all. */
export function FaultPage({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div className="page page-narrow">
      <ProblemAlert error={error} onRetry={() => void router.invalidate()} />
    </div>
  );
}
