const LONGEST_NAME = 64;

/** Tool names as a provider takes them, and back: letters, digits, `_` and `-`, at most 64, so `mcp/a/b` is `mcp_a_b`. */
export interface ToolNames {
  toWire(name: string): string;
  /** A name that was not given out is passed on as it is: the caller refuses it with the tools that there are. */
  fromWire(wireName: string): string;
}

/** The same list gives the same names; two that would become one are told apart by a number. */
export function nameTools(names: readonly string[]): ToolNames {
  const wireOf = new Map<string, string>();
  const nameOf = new Map<string, string>();
  for (const name of names) {
    let wire = clean(name);
    for (let number = 2; nameOf.has(wire); number += 1) {
      const suffix = `_${number}`;
      wire = clean(name).slice(0, LONGEST_NAME - suffix.length) + suffix;
    }
    wireOf.set(name, wire);
    nameOf.set(wire, name);
  }
  return {
    // Earlier messages may call a tool that the agent has lost since.
    toWire: (name) => wireOf.get(name) ?? clean(name),
    fromWire: (wireName) => nameOf.get(wireName) ?? wireName,
  };
}

function clean(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, LONGEST_NAME);
}
