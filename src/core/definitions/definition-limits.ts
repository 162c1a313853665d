import { MAX_ID_LENGTH } from '../ids.js';

/** What one workflow definition may hold: more than any net that people can follow, few enough to check in milliseconds. */
export const DEFINITION_LIMITS = {
  /**
   * Of its JSON in UTF-8, with the place agents added to it and its expressions parsed: so it travels into every token's
   * Temporal workflow, where 2 MiB is the end.
   */
  bytes: 768 * 1024,
  places: 500,
  transitions: 1000,
  placeAgents: 500,
  /** Agents that it names, each with its prompts. */
  agents: 200,
  /** From a place to a transition, all together. */
  arrows: 20_000,
  namedRules: 500,
  /** Of one transition, or of one place agent. */
  rules: 100,
  /** Leaves and branches that all transitions and place agents evaluate, named rules wherever they are named. */
  ruleParts: 10_000,
  idLength: MAX_ID_LENGTH,
  descriptionLength: 10_000,
  mapping: { entries: 200, length: 500 },
} as const;

/** How many are read together, each of up to so many bytes. */
export const DEFINITIONS_IN_MEMORY = 5;

/** What one rule may hold. */
export const RULE_LIMITS = { parts: 500, depth: 32, fieldLength: 500, expressionLength: 4096 } as const;
