import type { AgentExecution } from '../core/executions/execution.js';
import { executionSpan } from '../telemetry/execution-span.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Traces } from '../telemetry/traces.js';

/** Who hear that an execution has ended. */
export interface ToldOfEnds {
  readonly metrics: Pick<Metrics, 'executionEnded'>;
  readonly traces: Pick<Traces, 'tell'>;
}

/** Tells of an execution whose end was recorded here, and is by nobody else. */
export function executionEnded({ metrics, traces }: ToldOfEnds, execution: AgentExecution): void {
  metrics.executionEnded(execution);
  const span = executionSpan(execution, Date.now());
  if (span !== undefined) traces.tell(span);
}
