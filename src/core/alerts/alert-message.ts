import { WHAT_TO_DO, type Alert } from './alert.js';

/** A message about an alert: the same id whenever it is sent again. */
export interface AlertMessage {
  readonly id: string;
  readonly alertId: string;
  /** JSON, as it is signed and sent. */
  readonly body: string;
}

/** That an alert has fired, or, where it has an end, that it is over. */
export function alertMessage(alert: Alert): AlertMessage {
  const { id, name, subject, workflowId, since, endedAt, value, threshold, summary } = alert;
  const isOver = endedAt !== undefined;
  const told = {
    type: isOver ? 'alert.resolved' : 'alert.fired',
    timestamp: endedAt ?? since,
    data: { id, name, subject, workflowId, since, endedAt, value, threshold, summary, whatToDo: WHAT_TO_DO[name] },
  };
  return { id: `msg_${id}_${isOver ? 'resolved' : 'fired'}`, alertId: id, body: JSON.stringify(told) };
}
