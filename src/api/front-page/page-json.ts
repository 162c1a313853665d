import type { Surroundings } from './look-around.js';
import type { ServerFacts } from './server-facts.js';

/** The page for a program. What cannot be known now is null. */
export function pageJson(facts: ServerFacts, { tokens, temporalAnswers, tools }: Surroundings): object {
  const { version, storage, streams, temporal, models, guides, servesIde } = facts;
  return {
    version,
    storage: { place: storage, answers: tokens !== undefined },
    streams: { place: streams },
    temporal: { ...temporal, answers: temporalAnswers },
    models,
    tools: tools ?? null,
    links: {
      graphql: '/graphql',
      ide: servesIde ? '/graphiql' : null,
      temporalUi: temporal.uiUrl ?? null,
      health: '/health/ready',
      guides: guides.map(({ name }) => `/guides/${name}`),
    },
    tokens:
      tokens?.map(({ id, workflowId, place, status, pending, incident, createdAt }) => ({
        id,
        workflowId,
        place,
        status,
        pending: pending?.transitionId ?? null,
        incident: incident?.code ?? null,
        createdAt,
      })) ?? null,
  };
}
