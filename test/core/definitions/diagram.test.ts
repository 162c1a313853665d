import { describe, expect, it } from 'vitest';

import { diagram } from '../../../src/core/definitions/diagram.js';
import { aPlaceAgent, aTransition, aWorkflow } from '../../support/builders.js';

const many = <Item>(length: number, item: (n: number) => Item) => Array.from({ length }, (_, n) => item(n));

describe('a diagram', () => {
  it('has the places with their agents, the arrows, and the place of a token', () => {
    const workflow = aWorkflow({
      placeAgents: [aPlaceAgent({ agentId: 'tagger' }), aPlaceAgent({ agentId: 'counter' })],
    });
    expect(diagram(workflow, 'reviewed').split('\n')).toEqual([
      'flowchart LR',
      '  start(( ))',
      '  p0["submitted<br/>tagger<br/>counter"]',
      '  p1["reviewed"]',
      '  p2(["done"])',
      '  start --> p0',
      '  p0 -- "review" --> p1',
      '  p1 -- "finish" --> p2',
      '  classDef token fill:#ffd54f,stroke:#e65100,stroke-width:3px,color:#000',
      '  class p1 token',
      '',
    ]);
  });

  it.each([
    ['more arrows than Mermaid draws', aWorkflow({ transitions: many(501, (n) => aTransition({ id: `t${n}` })) })],
    [
      'more text than Mermaid reads',
      aWorkflow({ transitions: many(400, (n) => aTransition({ id: `${n}`.padStart(200, 't:') })) }),
    ],
    [
      'more agents in a place than a name has room for',
      aWorkflow({ placeAgents: many(500, (n) => aPlaceAgent({ agentId: `${n}`.padStart(200, 'a') })) }),
    ],
  ])('of a workflow with %s says so', (_what, workflow) => {
    const { places, transitions } = workflow;
    expect(diagram(workflow)).toBe(
      `flowchart LR\n  large["too large to draw: ${places.length} places, ${transitions.length} transitions, ${transitions.length} arrows"]\n`,
    );
  });
});
