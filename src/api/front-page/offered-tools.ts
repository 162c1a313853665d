const SHOWN_TOOLS = 12;

/** What workers offer to agents, in a line. */
export function offeredTools(names: readonly string[]): string {
  if (names.length === 0) return 'none that a worker offers';
  const more = names.length > SHOWN_TOOLS ? `, and ${names.length - SHOWN_TOOLS} more` : '';
  return names.slice(0, SHOWN_TOOLS).join(', ') + more;
}
