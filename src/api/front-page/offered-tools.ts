import { isAmongTools, patternsOf } from '../../core/agents/tool-pattern.js';
import { listed } from '../../core/json/listed.js';

const SHOWN_TOOLS = 12;

/** What workers offer to agents, in a line: tools by name, then each MCP server with the number of its tools. */
export function offeredTools(names: readonly string[]): string {
  if (names.length === 0) return 'none that a worker offers';
  const patterns = patternsOf(names);
  const alone = names.filter((name) => !isAmongTools(patterns, name));
  const servers = patterns.map(
    (pattern) => `${pattern} (${names.filter((name) => isAmongTools([pattern], name)).length})`,
  );
  return listed([...alone, ...servers], { separator: ', ', most: SHOWN_TOOLS });
}
