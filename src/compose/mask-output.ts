import type { WriteStream } from 'node:tty';

type Written = (error?: Error | null) => void;
type Write = (text: string) => boolean;

/**
 * The net below the log: whatever is still written to stdout or stderr, by a thread or by a package that holds an older
 * `console`, is masked, piece by piece. Gives the way to stdout for what must stay as it is: a model's own words.
 */
export function maskOutput(mask: (text: string) => string): Write {
  const [unmasked] = [process.stdout, process.stderr].map((output) => maskStream(output, mask));
  return unmasked ?? ((text) => process.stdout.write(text));
}

function maskStream(output: WriteStream, mask: (text: string) => string): Write {
  const write = output.write.bind(output);
  output.write = (chunk: string | Uint8Array, second?: BufferEncoding | Written, third?: Written): boolean => {
    const text = mask(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    return typeof second === 'function' ? write(text, second) : write(text, third);
  };
  return (text) => write(text);
}
