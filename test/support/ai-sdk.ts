import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import type { ExecutionTransport, UiMessageChunk } from '../../src/client/ai-sdk.js';

export interface UiPart {
  readonly type: string;
  readonly text?: string;
  readonly state?: string;
}

export interface UiMessage {
  readonly id: string;
  readonly role: string;
  readonly parts: readonly UiPart[];
  readonly metadata?: unknown;
}

/** What a chat of the AI SDK keeps of its messages, as its adapters for React and others do. */
interface ChatState {
  status: string;
  error: Error | undefined;
  messages: UiMessage[];
  pushMessage(message: UiMessage): void;
  popMessage(): void;
  replaceMessage(index: number, message: UiMessage): void;
  snapshot<Thing>(thing: Thing): Thing;
}

export interface Chat {
  readonly status: string;
  readonly error: Error | undefined;
  readonly messages: readonly UiMessage[];
  sendMessage(message: { readonly text: string }): Promise<void>;
  resumeStream(): Promise<void>;
  stop(): Promise<void>;
}

interface ChatInit {
  readonly transport: ExecutionTransport;
  readonly state: ChatState;
  readonly id?: string;
  readonly messages?: readonly UiMessage[];
}

/** As far as tests use it. It wants a newer Node than we do, so it is no dependency: npm installs it where a test asks for it. */
export interface AiSdk {
  readonly AbstractChat: new (init: ChatInit) => Chat;
  readonly readUIMessageStream: (options: {
    readonly stream: ReadableStream<UiMessageChunk>;
  }) => AsyncIterable<UiMessage>;
}

export interface InstalledAiSdk extends AiSdk {
  /** Its `node_modules` are here. */
  readonly folder: string;
  remove(): Promise<void>;
}

const VERSION = '7.0.173';

export async function installAiSdk(): Promise<InstalledAiSdk> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-ai-sdk-'));
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await promisify(execFile)('npm', ['install', '--prefix', folder, `ai@${VERSION}`, 'zod@4.6.7', ...quietly]);
  const entry = pathToFileURL(join(folder, 'node_modules/ai/dist/index.js')).href;
  const { AbstractChat, readUIMessageStream } = (await import(entry)) as AiSdk;
  return { AbstractChat, readUIMessageStream, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export function chatState(messages: readonly UiMessage[] = []): ChatState {
  return {
    status: 'ready',
    error: undefined,
    messages: [...messages],
    pushMessage(message) {
      this.messages = [...this.messages, structuredClone(message)];
    },
    popMessage() {
      this.messages = this.messages.slice(0, -1);
    },
    replaceMessage(index, message) {
      this.messages = this.messages.with(index, structuredClone(message));
    },
    snapshot: (thing) => structuredClone(thing),
  };
}
