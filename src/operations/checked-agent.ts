import type { AgentContent } from '../core/agents/agent.js';
import { jsonPointer } from '../core/json/json-pointer.js';
import { parsedUrl } from '../core/parsed-url.js';
import { parseAgentInput, type AgentInput } from '../core/validation/agent-schema.js';
import type { Parsed } from '../core/json/parsed.js';
import type { Problem } from '../core/json/problem.js';
import { checkOutputSchema } from '../schemas/agent-output-schema.js';
import { unknownTools } from '../core/agents/tool-offer.js';
import type { OperationParts } from './operation-parts.js';

/** Reads an agent and finds everything that is wrong with it, also with its address, its tools and its output schema. */
export async function checkAgentInput(parts: AgentChecks, input: unknown): Promise<Parsed<AgentInput>> {
  const parsed = parseAgentInput(input);
  const read = 'value' in parsed ? parsed.value : parsed.draft;
  const tools = await problemsOfTools(parts.storage, read?.content.tools ?? []);
  const found = [...problemsOfAddresses(parts, read?.content), ...tools];
  return await checkOutputSchema(parts.schemas, withProblems(parsed, found));
}

type AgentChecks = Pick<OperationParts, 'storage' | 'schemas' | 'mayName'>;

function problemsOfAddresses(parts: AgentChecks, agent: AgentContent | undefined): readonly Problem[] {
  if (agent === undefined) return [];
  const { llmProvider, fallbacks = [] } = agent;
  const others = fallbacks.flatMap(({ llmProvider: { baseUrl } }, index) =>
    problemsOfAddress(parts, jsonPointer(['fallbacks', index, 'llmProvider', 'baseUrl']), baseUrl),
  );
  return [...problemsOfAddress(parts, '/llmProvider/baseUrl', llmProvider.baseUrl), ...others];
}

/** What is no address at all is told by others. */
function problemsOfAddress({ mayName }: AgentChecks, pointer: string, baseUrl = ''): readonly Problem[] {
  const url = parsedUrl(baseUrl);
  if (url === undefined || url.host === '' || mayName(url)) return [];
  const message = `${url.host} is of this machine or its network, and ALLOWED_PRIVATE_HOSTS does not name it`;
  return [{ code: 'HOST_FORBIDDEN', pointer, message }];
}

async function problemsOfTools({ tools }: OperationParts['storage'], names: readonly string[]) {
  return names.length === 0
    ? []
    : unknownTools(
        names,
        (await tools.offers()).map(({ name }) => name),
      );
}

function withProblems(parsed: Parsed<AgentInput>, found: readonly Problem[]): Parsed<AgentInput> {
  if (found.length === 0) return parsed;
  if ('value' in parsed) return { problems: found, draft: parsed.value };
  return { ...parsed, problems: [...parsed.problems, ...found] };
}
