import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { sessionQuery } from './api/queries';
import { toProblem } from './api/problem';

/** A session that ended, or that must change its password, is noticed on whatever call meets it first. */
function noticeSession(thrown: unknown): void {
  const { status, code } = toProblem(thrown);
  if (status !== 401 && code !== 'PASSWORD_CHANGE_REQUIRED') return;
  if (code === 'CREDENTIALS_WRONG') return;
  void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
}

// The SDK repeats what may be repeated; nothing is repeated twice over.
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSession }),
  mutationCache: new MutationCache({ onError: noticeSession }),
  defaultOptions: { queries: { retry: false, staleTime: 1_000 }, mutations: { retry: false } },
});
