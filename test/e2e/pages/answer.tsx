import { useExecution } from 'circuit-breaker/react';

interface AnswerProps {
  readonly url: string;
  readonly executionId: string;
  readonly makeTicket: (executionId: string) => Promise<string>;
}

export function Answer({ url, executionId, makeTicket }: AnswerProps) {
  const access = { ticket: () => makeTicket(executionId) };
  const execution = useExecution({ url, executionId, access, types: ['content_chunk'] });
  if (execution.status === 'refused') return <p role="alert">{execution.error.code}</p>;
  return (
    <article aria-busy={execution.status === 'waiting' || execution.status === 'streaming'}>
      <pre>{execution.text}</pre>
      {execution.last?.eventType === 'failed' && <p role="alert">{execution.last.errorCode}</p>}
      {execution.status === 'completed' && <small>{execution.isVerified ? 'as it was streamed' : 'as stored'}</small>}
    </article>
  );
}
