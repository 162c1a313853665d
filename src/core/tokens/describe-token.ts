import type { Token } from './token.js';

/** What the Temporal UI shows of a token while it runs, as Markdown. */
export function describeToken(token: Token): string {
  const lines = [
    `Token of **${token.workflowId}** version ${token.workflowVersion}: ${token.status} in **${token.place}**`,
    `Version ${token.version}, ${token.transitionCount} transitions taken`,
  ];
  if (token.pending !== undefined) {
    lines.push(
      `Waiting for execution \`${token.pending.executionId}\` of transition **${token.pending.transitionId}**`,
    );
  }
  if (token.incident !== undefined) lines.push(`Incident **${token.incident.code}**: ${token.incident.message}`);
  return lines.join('\n\n');
}
