import type { Blocker } from './blocker.js';
import { explainRule, type Explanation } from './explain-rule.js';
import { judgeRule, type Judged, type RuleSubject, type Verdict } from './judge-rule.js';
import { BudgetExhausted, TOO_MANY_STEPS } from './rule-budget.js';
import type { Rule } from './rule.js';
import { shownRule } from './shown-rule.js';

interface Evaluation extends Explanation {
  readonly verdict: Verdict;
}

/** Evaluates a rule and says why it holds or not. Total: never throws, whatever the token holds. */
export function evaluateRule(rule: Rule, subject: RuleSubject): Evaluation {
  return told(judge(rule, subject), subject);
}

/** Whether a rule holds. Nothing is said of why not, and that costs nothing. */
export function ruleHolds(rule: Rule, subject: RuleSubject): boolean {
  const judged = judge(rule, subject);
  return judged !== 'too-costly' && judged.verdict === 'holds';
}

/** The blocker that a rule is for a token, or undefined when it holds. */
export function ruleBlocker(rule: Rule, subject: RuleSubject): Blocker | undefined {
  const judged = judge(rule, subject);
  if (judged !== 'too-costly' && judged.verdict === 'holds') return undefined;
  const { verdict, reason, actual } = told(judged, subject);
  const shown = shownRule(rule, subject.budget.words);
  return {
    code: verdict === 'fails' ? 'RULE_FALSE' : 'RULE_ERROR',
    message: rule.description === undefined ? reason : `${rule.description}: ${reason}`,
    ...(shown === undefined ? {} : { rule: shown }),
    ...(actual === undefined ? {} : { actual }),
  };
}

const TOO_COSTLY: Evaluation = { verdict: 'error', reason: TOO_MANY_STEPS };

function judge(rule: Rule, subject: RuleSubject): Judged | 'too-costly' {
  if (subject.budget.isExhausted) return 'too-costly';
  try {
    return judgeRule(rule, subject);
  } catch (error) {
    if (error instanceof BudgetExhausted) return 'too-costly';
    throw error;
  }
}

function told(judged: Judged | 'too-costly', subject: RuleSubject): Evaluation {
  return judged === 'too-costly' ? TOO_COSTLY : { verdict: judged.verdict, ...explainRule(judged, subject) };
}
