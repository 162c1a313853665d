import { visibleText } from '../../core/json/visible-text.js';

/** Text that goes into a page as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

type Value = string | number | Markup | readonly Markup[];

/** A piece of a page. What is put in is text, and cannot become markup, unless it is Markup already. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(
    strings.reduce((text, part, index) => {
      const value = values[index - 1];
      return `${text}${value === undefined ? '' : escaped(value)}${part}`;
    }),
  );
}

function escaped(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return visibleText(String(value)).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
