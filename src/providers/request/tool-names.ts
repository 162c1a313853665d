import { wireToolName } from '../../core/agents/wire-tool-name.js';

/** Tool names as a provider takes them, and back. */
export interface ToolNames {
  /** Also for a tool that the agent has lost since: earlier messages may call it. */
  toWire(name: string): string;
  /** A name that was not given out is passed on as it is: the caller refuses it with the tools that there are. */
  fromWire(wireName: string): string;
}

export function nameTools(names: readonly string[]): ToolNames {
  const nameOf = new Map(names.map((name) => [wireToolName(name), name]));
  return { toWire: wireToolName, fromWire: (wireName) => nameOf.get(wireName) ?? wireName };
}
