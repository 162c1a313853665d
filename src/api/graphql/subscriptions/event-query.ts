import { execute, type DocumentNode, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';

type Result = ExecutionResult | Promise<ExecutionResult>;

/** Compiling costs as much as interpreting for so many events. */
const COMPILE_AFTER = 100;

/** How often an operation of a document was executed, and what it was compiled to. */
class Operation {
  #executions = 0;
  #compiled: CompiledQuery | undefined;

  run(args: ExecutionArgs, event: object): Result {
    this.#executions += 1;
    if (this.#executions === COMPILE_AFTER) this.#compiled = compiledOrNothing(args);
    const { contextValue, variableValues } = args;
    if (this.#compiled !== undefined) return this.#compiled.query(event, contextValue, { ...variableValues });
    return execute({ ...args, rootValue: event });
  }
}

const operations = new WeakMap<DocumentNode, Map<string, Operation>>();

/** Executes an operation on one event after the other; compiled, when it turns out that there are many. */
export function eventQuery(args: ExecutionArgs): (event: object) => Result {
  const ofDocument = operations.get(args.document) ?? new Map<string, Operation>();
  operations.set(args.document, ofDocument);
  const name = args.operationName ?? '';
  const operation = ofDocument.get(name) ?? new Operation();
  ofDocument.set(name, operation);
  return (event) => operation.run(args, event);
}

/** What cannot be compiled goes on being interpreted. */
function compiledOrNothing({ schema, document, operationName }: ExecutionArgs): CompiledQuery | undefined {
  const compiled = compileQuery(schema, document, operationName ?? undefined);
  return isCompiledQuery(compiled) ? compiled : undefined;
}
