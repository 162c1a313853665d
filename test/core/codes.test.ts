import { describe, expect, it } from 'vitest';

import * as catalogue from '../../src/core/codes.js';

const { attemptErrorCode, executionFailureCode, EXECUTION_ERROR_CODES, LOST_ATTEMPT_CODES, ERROR_STATUS } = catalogue;

describe('the catalogue of codes', () => {
  it.each(Object.entries(catalogue).filter(([, list]) => Array.isArray(list)))('has each of %s once', (_name, list) => {
    expect(Array.isArray(list) && new Set(list).size === list.length).toBe(true);
  });
});

describe('the code of a failure', () => {
  it('is what the failure says, where an execution can fail with that', () => {
    for (const code of [...EXECUTION_ERROR_CODES, ...Object.keys(ERROR_STATUS)]) {
      expect(executionFailureCode(code)).toBe(code);
    }
  });

  it('is what the failure says, where an attempt can end with that', () => {
    for (const code of [...EXECUTION_ERROR_CODES, ...LOST_ATTEMPT_CODES]) expect(attemptErrorCode(code)).toBe(code);
  });

  it.each([undefined, null, '', 'TypeError', 'toString', '__proto__'])('is `server` for %j', (code) => {
    expect(executionFailureCode(code)).toBe('server');
    expect(attemptErrorCode(code)).toBe('server');
  });
});
