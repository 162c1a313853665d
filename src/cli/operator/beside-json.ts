import { visibleText } from '../../core/json/visible-text.js';
import type { ClientParts } from '../run-client.js';

/** What a command has for people where its stdout is read by a program: they read it on stderr. */
export function besideJson<Parts extends Pick<ClientParts, 'say' | 'print'>>(parts: Parts): Parts {
  const print = (text: string) => void process.stderr.write(visibleText(text));
  const say = (line: string) => {
    print(`${line}\n`);
  };
  return { ...parts, print, say };
}
