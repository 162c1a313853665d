/** Steps into a JSON value. Schema libraries type them as property keys; in JSON there are no symbols. */
export type JsonPath = readonly PropertyKey[];

/** The JSON pointer (RFC 6901) of a path, behind the pointer that the path starts from. */
export function jsonPointer(path: JsonPath, base = ''): string {
  return path.reduce<string>((pointer, step) => `${pointer}/${escapeStep(String(step))}`, base);
}

function escapeStep(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}
