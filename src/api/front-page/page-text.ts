import { visibleText } from '../../core/json/visible-text.js';
import { ageOf } from './age.js';
import type { Surroundings } from './look-around.js';
import type { ServerFacts } from './server-facts.js';
import { offeredTools } from './offered-tools.js';
import { standingOf } from './standing.js';

const AWAY = ' (does not answer)';

/** The page for a terminal. */
export function pageText(facts: ServerFacts, { tokens, temporalAnswers, tools, now }: Surroundings): string {
  const { address, namespace, uiUrl } = facts.temporal;
  const rows = [
    ['Storage', facts.storage + (tokens === undefined ? AWAY : '')],
    ['Streams', facts.streams],
    ['Temporal', `${address}, namespace ${namespace}${temporalAnswers ? '' : AWAY}`],
    ['Models', facts.models],
    ...(tools === undefined ? [] : [['Tools', offeredTools(tools)]]),
    ['GraphQL', `/graphql${facts.servesIde ? '   (IDE: /graphiql)' : ''}`],
    ...(uiUrl === undefined ? [] : [['Temporal UI', uiUrl]]),
    ...(facts.guides.length === 0 ? [] : [['Guides', facts.guides.map(({ name }) => `/guides/${name}`).join('  ')]]),
  ];
  const newest = tokens?.map((token) => {
    const { id, workflowId, place, createdAt } = token;
    return `  ${id}  ${workflowId}: in ${place}, ${standingOf(token).text}, ${ageOf(createdAt, now)} ago`;
  });
  return [
    `Circuit Breaker ${facts.version}`,
    ...rows.map(([name = '', value = '']) => `  ${name.padEnd(12)} ${oneLine(value)}`),
    ...(newest === undefined || newest.length === 0 ? [] : ['Newest tokens', ...newest.map(oneLine)]),
    '',
  ].join('\n');
}

function oneLine(text: string): string {
  return visibleText(text).replaceAll('\n', ' ');
}
