import { Anthropic } from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { Ollama } from 'ollama';
import { OpenAI } from 'openai';

import type { WIRES } from '../test/providers/formats/contract/wire-under-test.js';

const ASKED = 'Write.';

/** What a user would do without us: the official SDK's own iterator, its text put together. */
export function bareSdks(root: string): Readonly<Record<keyof typeof WIRES, () => Promise<string>>> {
  const openai = new OpenAI({ apiKey: 'none', baseURL: `${root}/v1`, maxRetries: 0 });
  const anthropic = new Anthropic({ apiKey: 'none', baseURL: root, maxRetries: 0 });
  const google = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: root } });
  const ollama = new Ollama({ host: root });
  const messages = [{ role: 'user' as const, content: ASKED }];
  return {
    CHAT: async () => {
      const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true });
      return await joined(stream, (chunk) => chunk.choices[0]?.delta.content);
    },
    RESPONSES: async () => {
      const stream = await openai.responses.create({ model: 'm', input: ASKED, stream: true });
      return await joined(stream, (event) => (event.type === 'response.output_text.delta' ? event.delta : undefined));
    },
    MESSAGES: async () => {
      const stream = await anthropic.messages.create({ model: 'm', max_tokens: 9, messages, stream: true });
      return await joined(stream, (event) =>
        event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : undefined,
      );
    },
    GENERATE: async () => {
      const stream = await google.models.generateContentStream({ model: 'm', contents: ASKED });
      return await joined(stream, (chunk) => chunk.candidates?.[0]?.content?.parts?.[0]?.text);
    },
    OLLAMA: async () => {
      const stream = await ollama.chat({ model: 'm', messages, stream: true });
      return await joined(stream, (chunk) => chunk.message.content);
    },
  };
}

async function joined<Item>(
  stream: AsyncIterable<Item>,
  textOf: (item: Item) => string | null | undefined,
): Promise<string> {
  let text = '';
  for await (const item of stream) text += textOf(item) ?? '';
  return text;
}
