/** `$$`, `${NAME}`, `${NAME:-otherwise}`, `${NAME:?what to do}`. */
const MARK = /\$(?:\$|\{([A-Za-z_]\w*)(?:(:[-?])([^{}]*))?\})/g;

export type Variables = Readonly<Record<string, string | undefined>>;

/** A text of a compose file with its variables in place, as Compose does it. Throws for one that is required and not set. */
export function interpolated(text: string, variables: Variables): string {
  return text.replace(MARK, (_mark, name?: string, how?: string, rest?: string) => {
    if (name === undefined) return '$';
    const value = variables[name] ?? '';
    if (value !== '' || how === undefined) return value;
    if (how === ':?') throw new Error(`${name} is not set: ${rest ?? ''}`);
    return rest ?? '';
  });
}

/** The same for every text within a value. */
export function interpolatedWithin(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return interpolated(value, variables);
  if (Array.isArray(value)) return value.map((one) => interpolatedWithin(one, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, interpolatedWithin(one, variables)]));
}
