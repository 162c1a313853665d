import type { Transition, WorkflowContent } from './definition.js';

/** What Mermaid draws unless it is told otherwise: with more it shows an error. */
const MAX_ARROWS = 500;
const MAX_LENGTH = 50_000;

/**
 * A workflow as a Mermaid flowchart: places as nodes, transitions as arrows, those that fire by themselves dotted, the
 * place of a token marked. Names are quoted, so that none can end the drawing and begin something else. Of one that Mermaid
 * would not draw the diagram says so.
 */
export function diagram(content: WorkflowContent, tokenPlace?: string): string {
  const arrows = content.transitions.reduce((sum, { fromPlaces }) => sum + fromPlaces.length, 0);
  if (arrows > MAX_ARROWS) return tooLarge(content, arrows);
  const lines: string[] = [];
  let length = 0;
  for (const line of linesOf(content, tokenPlace)) {
    length += line.length + 1;
    if (length > MAX_LENGTH) return tooLarge(content, arrows);
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}

function tooLarge({ places, transitions }: WorkflowContent, arrows: number): string {
  const size = `${places.length} places, ${transitions.length} transitions, ${arrows} arrows`;
  return `flowchart LR\n  large["too large to draw: ${size}"]\n`;
}

function* linesOf(content: WorkflowContent, tokenPlace: string | undefined): Iterable<string> {
  const { places, transitions, initialPlace } = content;
  const nodes = new Map(places.map((place, index) => [place, `p${index}`]));
  const node = (place: string) => nodes.get(place) ?? 'unknown';
  const leftPlaces = new Set(transitions.flatMap(({ fromPlaces }) => fromPlaces));
  const agents = agentsByPlace(content);
  yield 'flowchart LR';
  yield '  start(( ))';
  for (const place of places) {
    const label = quoted([place, ...(agents.get(place) ?? [])].join('\n'));
    yield leftPlaces.has(place) ? `  ${node(place)}["${label}"]` : `  ${node(place)}(["${label}"])`;
  }
  yield `  start --> ${node(initialPlace)}`;
  for (const transition of transitions) {
    for (const from of transition.fromPlaces) yield `  ${node(from)} ${arrow(transition)} ${node(transition.toPlace)}`;
  }
  if (tokenPlace === undefined || !nodes.has(tokenPlace)) return;
  yield '  classDef token fill:#ffd54f,stroke:#e65100,stroke-width:3px,color:#000';
  yield `  class ${node(tokenPlace)} token`;
}

function arrow({ id, trigger, agentExecution }: Transition): string {
  const label = quoted(agentExecution?.enabled === true ? `${id}\n${agentExecution.agentId}` : id);
  return trigger === 'automatic' ? `-. "${label}" .->` : `-- "${label}" -->`;
}

function agentsByPlace({ placeAgents }: WorkflowContent): ReadonlyMap<string, readonly string[]> {
  const agents = new Map<string, string[]>();
  for (const { placeId, agentId, enabled } of placeAgents) {
    if (!enabled) continue;
    const known = agents.get(placeId);
    if (known === undefined) agents.set(placeId, [agentId]);
    else known.push(agentId);
  }
  return agents;
}

/** Mermaid takes entities inside quotes; line breaks are markup. */
function quoted(text: string): string {
  return text
    .replace(/[^\p{L}\p{N} ._:\n-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`)
    .replaceAll('\n', '<br/>');
}
