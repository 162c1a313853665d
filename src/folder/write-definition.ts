import { Document, isScalar, Scalar, visit } from 'yaml';

import { shortAgent, shortWorkflow } from '../core/definitions/write-short-forms.js';
import { expandAgent, expandWorkflow } from '../core/definitions/short-forms.js';
import { canonicalJson, isJsonObject, type JsonObject } from '../core/json/json.js';
import { atOnce } from '../core/steps.js';
import { parseAgentInput } from '../core/validation/agent-schema.js';
import { workflowInputSteps } from '../core/validation/definition-schema.js';
import type { DefinitionKind } from './definition-source.js';
import { namesPromptFile } from './prompt-files.js';
import { readJson } from './json-text.js';
import { readYaml } from './yaml-text.js';

/** Blanks that a formatter would take away, and signs that no block can carry. */
const NOT_IN_BLOCKS = /[ \t]\n|[ \t]$|^\s|\n\n\n$|[^\n\P{C}]/u;
/** For editors: the schema of a file in `agents` or `workflows`, where the package is installed beside them. */
const SCHEMAS = '../node_modules/circuit-breaker/dist/definitions';
/** No text is broken into lines but where it has some itself. */
const AS_IT_IS = Number.MAX_SAFE_INTEGER;

/**
 * A definition, as a server has it, as the text of a file: with texts of several lines as blocks, and short forms where they mean exactly
 * the same. What is read of it is the definition again. Undefined where no file could be, as with a prompt that is the name of a file.
 */
export function definitionText(
  kind: DefinitionKind,
  definition: JsonObject,
  form: 'yaml' | 'json',
): string | undefined {
  const meaning = meaningOf(kind, definition);
  if (meaning === undefined) return undefined;
  const short = kind === 'agent' ? shortAgent(definition) : shortWorkflow(definition);
  const texts = [short, definition].map((value) =>
    form === 'json' ? `${JSON.stringify(value, null, 2)}\n` : yamlOf(kind, value),
  );
  return texts.find((text) => {
    const { input, problems } = form === 'json' ? readJson(text) : readYaml(text);
    return problems.length === 0 && meaningOf(kind, input) === meaning;
  });
}

function yamlOf(kind: DefinitionKind, value: JsonObject): string {
  const document = new Document(value, {
    version: '1.2',
    schema: 'core',
    aliasDuplicateObjects: false,
    compat: 'yaml-1.1',
  });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && node.value.includes('\n')) {
        node.type = NOT_IN_BLOCKS.test(node.value) ? Scalar.QUOTE_DOUBLE : Scalar.BLOCK_LITERAL;
      }
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && typeof key.value === 'string' && key.value.includes('\n')) key.type = Scalar.QUOTE_DOUBLE;
    },
  });
  document.commentBefore = ` yaml-language-server: $schema=${SCHEMAS}/${kind}.schema.json`;
  return document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: AS_IT_IS });
}

/** The same text for what is the same when it is saved; undefined where it could not be. */
function meaningOf(kind: DefinitionKind, input: unknown): string | undefined {
  if (kind === 'workflow') {
    const { input: expanded, problems } = expandWorkflow(input);
    const parsed = atOnce(workflowInputSteps(expanded));
    return problems.length === 0 && 'value' in parsed ? canonical(parsed.value) : undefined;
  }
  const { input: expanded, problems } = expandAgent(input);
  const { prompts } = isJsonObject(expanded) ? expanded : {};
  if (isJsonObject(prompts) && Object.values(prompts).some(namesPromptFile)) return undefined;
  const parsed = parseAgentInput(expanded);
  return problems.length === 0 && 'value' in parsed ? canonical(parsed.value) : undefined;
}

function canonical(value: object): string {
  return canonicalJson(JSON.parse(JSON.stringify(value)) as JsonObject);
}
