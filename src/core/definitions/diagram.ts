import type { Transition, WorkflowContent } from './definition.js';

/**
 * A workflow as a Mermaid flowchart: places as nodes, transitions as arrows, those that fire by themselves dotted, the
 * place of a token marked. Names are quoted, so that none can end the drawing and begin something else.
 */
export function diagram(content: WorkflowContent, tokenPlace?: string): string {
  const nodes = new Map(content.places.map((place, index) => [place, `p${index}`]));
  const node = (place: string) => nodes.get(place) ?? 'unknown';
  const leftPlaces = new Set(content.transitions.flatMap(({ fromPlaces }) => fromPlaces));
  return [
    'flowchart LR',
    '  start(( ))',
    ...content.places.map((place) => {
      const label = quoted([place, ...agentsIn(content, place)].join('\n'));
      return leftPlaces.has(place) ? `  ${node(place)}["${label}"]` : `  ${node(place)}(["${label}"])`;
    }),
    `  start --> ${node(content.initialPlace)}`,
    ...content.transitions.flatMap((transition) =>
      transition.fromPlaces.map((from) => `  ${node(from)} ${arrow(transition)} ${node(transition.toPlace)}`),
    ),
    ...(tokenPlace === undefined || !nodes.has(tokenPlace)
      ? []
      : [
          '  classDef token fill:#ffd54f,stroke:#e65100,stroke-width:3px,color:#000',
          `  class ${node(tokenPlace)} token`,
        ]),
    '',
  ].join('\n');
}

function arrow({ id, trigger, agentExecution }: Transition): string {
  const label = quoted(agentExecution?.enabled === true ? `${id}\n${agentExecution.agentId}` : id);
  return trigger === 'automatic' ? `-. "${label}" .->` : `-- "${label}" -->`;
}

function agentsIn({ placeAgents }: WorkflowContent, place: string): readonly string[] {
  return placeAgents.filter(({ placeId, enabled }) => placeId === place && enabled).map(({ agentId }) => agentId);
}

/** Mermaid takes entities inside quotes; line breaks are markup. */
function quoted(text: string): string {
  return text
    .replace(/[^\p{L}\p{N} ._:\n-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`)
    .replaceAll('\n', '<br/>');
}
