import { Alert, Button, Flex, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import { toProblem, type ShownProblem } from '../api/problem';

/** The text for a problem: the catalogue's, by code, else what the server said. */
export function useProblemText(): (problem: ShownProblem) => { title: string; detail: string } {
  const { t, i18n } = useTranslation();
  return (problem) => {
    const key = `problem.${problem.code}`;
    // The server explains in English only; in another language its code and request id must do.
    if (i18n.exists(key)) return { title: t(key), detail: i18n.language === 'en' ? problem.detail : '' };
    // An operation that the ledger took and did not apply fails under the name of its result.
    const result = `result.${problem.code}`;
    if (i18n.exists(result)) return { title: t(result), detail: '' };
    return {
      title: problem.title || problem.detail || t('problem.unknown'),
      detail: problem.title ? problem.detail : '',
    };
  };
}

/** Shows a failed request: what it means, its code and request id, and a way to try again. */
export function ProblemAlert({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const problem = toProblem(error);
  const text = useProblemText()(problem);
  const reference = problem.requestId === undefined ? problem.code : `${problem.code} · ${problem.requestId}`;
  return (
    <Alert
      type="error"
      showIcon
      title={text.title}
      description={
        <Flex vertical gap={6}>
          {text.detail !== '' && text.detail !== text.title && <span>{text.detail}</span>}
          {problem.errors.map((field) => (
            <span key={`${field.pointer} ${field.code}`}>
              <code>{field.pointer}</code>: {field.detail || field.code}
            </span>
          ))}
          <Typography.Text
            type="secondary"
            className="problem-reference"
            copyable={{ text: reference, tooltips: [t('action.copy'), t('action.copied')] }}
          >
            {reference}
          </Typography.Text>
        </Flex>
      }
      action={
        onRetry === undefined ? undefined : (
          <Button size="small" onClick={onRetry}>
            {t('action.retry')}
          </Button>
        )
      }
    />
  );
}
