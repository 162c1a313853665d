import type { StoredAnswer } from '../../core/executions/stored-answer.js';
import { utf8Length } from '../../core/json/utf8-length.js';
import type {
  BatchCaller,
  BatchLimits,
  BatchPlace,
  BatchRequest,
  BatchStore,
  BatchSubmission,
  BatchWait,
  BegunSubmission,
} from '../batch-store.js';

interface Waiting {
  readonly request: BatchRequest;
  readonly joinedAt: string;
  readonly batchId?: string;
  readonly answer?: StoredAnswer;
}

export class MemoryBatchStore implements BatchStore {
  /** In the order in which they came. */
  readonly #waiting = new Map<string, Waiting>();
  /** By turn: the run that has left, and when. */
  readonly #left = new Map<string, BatchCaller>();
  readonly #submissions = new Map<string, BatchSubmission>();

  join(request: BatchRequest, { runId, now }: BatchCaller): Promise<boolean> {
    const key = keyOf(request);
    if (this.#left.get(key)?.runId === runId) return Promise.resolve(false);
    if (!this.#waiting.has(key)) this.#waiting.set(key, { request, joinedAt: now });
    return Promise.resolve(true);
  }

  leave(turn: Pick<BatchRequest, 'executionId' | 'turn'>, caller: BatchCaller): Promise<void> {
    this.#waiting.delete(keyOf(turn));
    this.#left.set(keyOf(turn), caller);
    return Promise.resolve();
  }

  claim(groupId: string, batchId: string, limits: BatchLimits): Promise<number> {
    const before = this.#in(batchId).length;
    if (before > 0) return Promise.resolve(before);
    let [lines, bytes] = [0, 0];
    for (const [key, waiting] of this.#waiting) {
      if (waiting.request.groupId !== groupId || waiting.batchId !== undefined) continue;
      bytes += utf8Length(waiting.request.body);
      if (lines > 0 && (lines >= limits.lines || bytes > limits.bytes)) break;
      lines += 1;
      this.#waiting.set(key, { ...waiting, batchId });
    }
    return Promise.resolve(lines);
  }

  requestsIn(batchId: string): Promise<readonly BatchRequest[]> {
    return Promise.resolve(this.#in(batchId).map(({ request }) => request));
  }

  placesIn(batchId: string): Promise<readonly BatchPlace[]> {
    const places = this.#in(batchId).map(({ request: { executionId, turn, customId }, answer }) => ({
      ...{ executionId, turn, customId },
      isAnswered: answer !== undefined,
    }));
    return Promise.resolve(places);
  }

  answer(batchId: string, customId: string, answer: StoredAnswer): Promise<boolean> {
    const waiting = this.#in(batchId).find(({ request }) => request.customId === customId);
    if (waiting !== undefined) this.#keep(waiting, answer);
    return Promise.resolve(waiting !== undefined);
  }

  answerRest(batchId: string, answer: StoredAnswer): Promise<void> {
    for (const waiting of this.#in(batchId)) this.#keep(waiting, answer);
    return Promise.resolve();
  }

  waitOf(executionId: string, turn: number): Promise<BatchWait | undefined> {
    const waiting = this.#waiting.get(keyOf({ executionId, turn }));
    if (waiting === undefined) return Promise.resolve(undefined);
    const { joinedAt, batchId, answer } = waiting;
    const wait = { joinedAt, isAnswered: answer !== undefined };
    return Promise.resolve(batchId === undefined ? wait : { ...wait, batchId });
  }

  answerOf(executionId: string, turn: number): Promise<StoredAnswer | undefined> {
    return Promise.resolve(this.#waiting.get(keyOf({ executionId, turn }))?.answer);
  }

  beginSubmission(batchId: string, { accounts, lines, now }: BegunSubmission): Promise<string> {
    const before = this.#submissions.get(batchId);
    const account = before?.account ?? this.#idlest(accounts);
    this.#submissions.set(batchId, { firstAt: now, ...before, lastAt: now, lines, account });
    return Promise.resolve(account);
  }

  dropSubmission(batchId: string, lastAt: string): Promise<void> {
    const known = this.#submissions.get(batchId);
    if (known?.lastAt === lastAt && known.providerBatchId === undefined) this.#submissions.delete(batchId);
    return Promise.resolve();
  }

  endSubmission(batchId: string, providerBatchId: string): Promise<void> {
    const submission = this.#submissions.get(batchId);
    if (submission !== undefined) this.#submissions.set(batchId, { providerBatchId, ...submission });
    return Promise.resolve();
  }

  submissionOf(batchId: string): Promise<BatchSubmission | undefined> {
    return Promise.resolve(this.#submissions.get(batchId));
  }

  submittedSince(time: string): Promise<readonly string[]> {
    const since = [...this.#submissions.values()].filter(({ lastAt }) => lastAt >= time);
    return Promise.resolve(since.flatMap(({ providerBatchId: id }) => (id === undefined ? [] : [id])));
  }

  forgetBefore(time: string): Promise<void> {
    for (const [key, { joinedAt }] of this.#waiting) if (joinedAt < time) this.#waiting.delete(key);
    for (const [key, { now }] of this.#left) if (now < time) this.#left.delete(key);
    for (const [batchId, { lastAt }] of this.#submissions) if (lastAt < time) this.#submissions.delete(batchId);
    return Promise.resolve();
  }

  /** Of executions that are deleted. */
  removeOf(executionIds: readonly string[]): void {
    const ids = new Set(executionIds);
    for (const [key, { request }] of this.#waiting) if (ids.has(request.executionId)) this.#waiting.delete(key);
    for (const key of this.#left.keys()) if (ids.has(key.slice(key.indexOf(' ') + 1))) this.#left.delete(key);
  }

  #idlest([first, ...others]: BegunSubmission['accounts']): string {
    const underWay = new Map<string, number>();
    for (const { batchId = '', answer } of this.#waiting.values()) {
      const account = this.#submissions.get(batchId)?.account;
      if (account !== undefined && answer === undefined) underWay.set(account, (underWay.get(account) ?? 0) + 1);
    }
    const linesOf = (account: string) => underWay.get(account) ?? 0;
    return others.reduce((idlest, one) => (linesOf(one) < linesOf(idlest) ? one : idlest), first);
  }

  #in(batchId: string): readonly Waiting[] {
    return [...this.#waiting.values()].filter((waiting) => waiting.batchId === batchId);
  }

  #keep(waiting: Waiting, answer: StoredAnswer): void {
    if (waiting.answer === undefined) this.#waiting.set(keyOf(waiting.request), { ...waiting, answer });
  }
}

function keyOf({ executionId, turn }: Pick<BatchRequest, 'executionId' | 'turn'>): string {
  return `${turn} ${executionId}`;
}
