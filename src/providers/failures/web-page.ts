import type { FailedAnswer } from './failed-answer.js';
import { quoteProvider, type Confidential } from './quote-provider.js';

const BASE_URL = 'Check the base URL: it often ends in /v1.';

/** What a gateway says with its page, by the first digits of its status; with others, the base URL leads to a web site. */
const GATEWAYS: readonly (readonly [RegExp, string])[] = [
  [
    /^40[13]$/,
    'It did not let the call through: check its rules (a proxy, a firewall, a check for robots), and the key.',
  ],
  [/^408$/, 'It gave up waiting for the request.'],
  [/^413$/, 'It takes no request of this size: shorten the prompt, or raise the limit of the gateway.'],
  [/^429$/, 'It limits the rate of calls.'],
  [/^5(?:04|24)$/, 'The API behind it did not answer in time.'],
  [/^5/, 'The API behind it failed, or could not be reached.'],
];

export function isWebPage({ contentType, text }: Pick<FailedAnswer, 'contentType' | 'text'>): boolean {
  return /html/i.test(contentType) || /^\s*<(?:!doctype|html)/i.test(text);
}

/** What it means that a page came in place of an answer. The title of a gateway's says what a person would see in a browser. */
export function describePage({ status, host, text }: FailedAnswer, confidential: Confidential): string {
  const advice = GATEWAYS.find(([statuses]) => statuses.test(String(status)))?.[1];
  if (advice === undefined) return `${host} answered a web page (HTTP ${status}) and not its API. ${BASE_URL}`;
  const title = quoteProvider(/<title[^>]{0,100}>([^<]{1,200})/i.exec(text)?.[1] ?? '', confidential);
  const seen = title === '' ? `HTTP ${status}` : `HTTP ${status}, "${title}"`;
  return `A gateway in front of ${host} answered with a page of its own (${seen}). ${advice}`;
}
