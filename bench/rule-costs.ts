import { transitionAvailability } from '../src/core/engine/available-transitions.js';
import { decide } from '../src/core/engine/decide.js';
import type { WorkflowDefinition } from '../src/core/definitions/definition.js';
import { withPrograms } from '../src/core/validation/compile-rules.js';
import type { Rule } from '../src/core/rules/rule.js';
import { RuleBudget } from '../src/core/rules/rule-budget.js';
import type { Token } from '../src/core/tokens/token.js';
import { aDefinition, aToken, aTransition, facts } from '../test/support/builders.js';
import { median, printRow, quantile } from './figures.js';

const ROUNDS = 100;
const PER_ROUND = 20;

/** What the rules of a decision cost, counted steps included: in the process's own time, nothing sent or stored. */
export function benchRules(): Promise<void> {
  console.log(`\nRules: one decision (${ROUNDS} rounds of ${PER_ROUND})`);
  const review = ordinaryRules();
  const small = aToken(review, { data: { score: 8, status: 'open', tags: ['a', 'b', 'c'] } });
  const large = aToken(review, { data: { ...small.data, text: 'word '.repeat(40_000) } });
  const refused = aToken(review, { data: { ...large.data, score: 2, status: 'closed' } });
  printCost('a fire with four rules, token of 100 bytes', () => {
    fire(review, small);
  });
  printCost('the same, with steps that nobody counts', () => {
    fire(review, small, new Uncounted());
  });
  const budget = new RuleBudget();
  fire(review, small, budget);
  printRow('steps of such a fire', `${budget.spent}`);
  printCost('a fire with four rules, token of 200 KB', () => {
    fire(review, large);
  });
  printCost('a refused fire, token of 200 KB', () => {
    fire(review, refused);
  });
  printCost('what can fire, token of 200 KB', () => transitionAvailability(review, refused));
  return Promise.resolve();
}

function ordinaryRules(): WorkflowDefinition {
  const rules: Rule[] = [
    { type: 'FieldExists', field: 'data.score' },
    {
      type: 'And',
      rules: [
        { type: 'FieldGreaterThan', field: 'data.score', value: 5 },
        { type: 'FieldEquals', field: 'data.status', value: 'open' },
      ],
    },
    { type: 'Expression', expression: 'data.score > 7.0 && data.tags.exists(tag, tag == "c")' },
    { type: 'Not', rule: { type: 'FieldContains', field: 'data.tags', value: 'z' } },
  ];
  return withPrograms(
    aDefinition({
      transitions: [
        aTransition({ id: 'review', rules }),
        aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
      ],
    }),
  );
}

/** What the same decision costs where nothing bounds it. */
class Uncounted extends RuleBudget {
  override spend(): void {
    // Nothing is spent.
  }
}

function fire(definition: WorkflowDefinition, token: Token, budget = new RuleBudget()): void {
  decide(definition, token, { type: 'fire', transitionId: 'review' }, { ...facts, budget });
}

function printCost(name: string, task: () => unknown): void {
  const samples = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    for (let n = 0; n < PER_ROUND; n += 1) task();
    return ((performance.now() - startedAt) / PER_ROUND) * 1000;
  });
  printRow(name, `median ${median(samples).toFixed(1)} µs   p95 ${quantile(samples, 0.95).toFixed(1)} µs`);
}
