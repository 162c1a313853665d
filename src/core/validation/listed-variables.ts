import { z } from 'zod';

import { parsedUrl } from '../parsed-url.js';
import { HOST_RULE, parseHostRule, type HostRule } from '../web-hosts.js';

/** Variables of the environment that name several of something, separated by commas. */
export function listed(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

const list = z.string().default('').transform(listed);

export const origins = list.refine(
  (found) => found.every((one) => parsedUrl(one)?.origin === one && one !== 'null'),
  'must be origins, separated by commas, e.g. https://agents.example.com,http://localhost:5173',
);

const addressRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

export const addressRanges = list.refine(
  (found) => found.every((one) => addressRange.safeParse(one).success),
  'must be addresses or ranges of them, separated by commas, e.g. 10.0.0.0/8,192.0.2.7,fd00::/8',
);

export const hostRules = z
  .string()
  .default('')
  .transform((text, context): readonly HostRule[] =>
    listed(text).flatMap((one) => {
      const rule = parseHostRule(one);
      if (rule === undefined) context.addIssue(`"${one}" is none of ${HOST_RULE}; separate them by commas`);
      return rule ?? [];
    }),
  );
