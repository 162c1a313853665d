interface Listing {
  readonly separator: string;
  /** As many texts at the most. */
  readonly most?: number;
  /** As many characters at the most, give or take the last text. */
  readonly characters?: number;
}

const MANY = 20;
const LONG = 2000;

/** Texts joined for a person to read: as many as find room, the first of them always, and how many more there are. */
export function listed(texts: readonly string[], { separator, most = MANY, characters = LONG }: Listing): string {
  const told: string[] = [];
  let length = 0;
  for (const text of texts) {
    if (told.length === most || (told.length > 0 && length + text.length > characters)) break;
    told.push(text);
    length += text.length + separator.length;
  }
  const left = texts.length - told.length;
  return [...told, ...(left === 0 ? [] : [`${left} more`])].join(separator);
}
