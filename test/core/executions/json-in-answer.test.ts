import { describe, expect, it } from 'vitest';

import { readSpan } from '../../../src/core/executions/answer-output.js';
import { jsonInAnswer } from '../../../src/core/executions/json-in-answer.js';

const anySpan: unknown = expect.objectContaining({
  start: expect.anything() as unknown,
  end: expect.anything() as unknown,
});
const JSON_TEXT = '{"assessment":"NEEDS_REVISION","confidence_score":7}';
const DRAFT = '{"assessment":"APPROVE"}';
const VALUE = { assessment: 'NEEDS_REVISION', confidence_score: 7 };

describe('JSON in an answer is read', () => {
  it.each([
    ['alone', JSON_TEXT],
    ['behind a byte order mark and blank lines', `\uFEFF\n\n ${JSON_TEXT}\n\n`],
    ['in a code block', `\`\`\`json\n${JSON_TEXT}\n\`\`\``],
    ['whatever letters its language is written in', `\`\`\`JSON\n${JSON_TEXT}\n\`\`\``],
    ['whatever its language is', `\`\`\`javascript\n${JSON_TEXT}\n\`\`\``],
    ['in a code block without a language', `\`\`\`\n${JSON_TEXT}\n\`\`\``],
    ['in a code block that nothing closes', `\`\`\`json\n${JSON_TEXT}`],
    ['in a code block of tildes', `~~~json\n${JSON_TEXT}\n~~~`],
    ['in an indented code block', `  \`\`\`json\n  ${JSON_TEXT}\n  \`\`\`\n`],
    ['in a code block of a list', `1. \`\`\`json\n   ${JSON_TEXT}\n   \`\`\``],
    ['in a code block on one line', `\`\`\`json ${JSON_TEXT} \`\`\``],
    ['right behind its fence', `\`\`\`json${JSON_TEXT}\`\`\``],
    ['in a code block within another', `\`\`\`\`markdown\n\`\`\`json\n${JSON_TEXT}\n\`\`\`\n\`\`\`\``],
    ['in the code block that is no code', `\`\`\`python\nprint(${DRAFT})\n\`\`\`\n\n\`\`\`json\n${JSON_TEXT}\n\`\`\``],
    ['with line breaks of Windows', `\`\`\`json\r\n${JSON_TEXT}\r\n\`\`\`\r\n`],
    ['with prose around it', `Here is my {review} [1]:\n\n${JSON_TEXT}\n\nI hope that it helps. [1]`],
    ['in a code block of text within others', `\`\`\`md\n\`\`\`md\n~~~text\n${JSON_TEXT}\n\n\`\`\`\n`],
    ['behind a code block of text within another', `\`\`\`md\n\`\`\`md\n\n\`\`\`\n\n\`\`\`md\n${JSON_TEXT}\n\`\`\`\n`],
    ['within a sentence', `My answer is ${JSON_TEXT}, as you asked.`],
    ['behind a thought', `<think>\nSo ${DRAFT} would be wrong.\n</think>\n\n${JSON_TEXT}`],
    ['behind a thought in other letters', `<Thinking>${DRAFT}</THINKING>${JSON_TEXT}`],
    ['behind an empty thought', `<think>\n\n</think>\n\n\`\`\`json\n${JSON_TEXT}\n\`\`\``],
    ['behind several thoughts', `<reasoning>${DRAFT}</reasoning><reasoning>x</reasoning>${JSON_TEXT}`],
    ['behind a thought whose beginning was not sent', `So ${DRAFT} would be {"wrong.\n</think>\n${JSON_TEXT}`],
    ['in front of a thought', `${JSON_TEXT}\n<think>Was that right?`],
    ['at the end of a thought without one', `<think>\nLet me see.\n\n${JSON_TEXT}`],
    ['in a code block at the end of a thought without one', `<think>\nSo:\n\`\`\`json\n${JSON_TEXT}\n\`\`\`\n`],
    ['behind the thoughts of Magistral', `[THINK]${DRAFT}[/THINK]${JSON_TEXT}`],
    [
      'in the last channel',
      `<|channel|>analysis<|message|>${DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>${JSON_TEXT}`,
    ],
    ['when it is said twice', JSON_TEXT + JSON_TEXT],
    ['when it is said twice, in another order', `${JSON_TEXT}\n{"confidence_score":7,"assessment":"NEEDS_REVISION"}`],
  ])('%s', (_, text) => {
    const answered = jsonInAnswer(text);
    expect(answered).toEqual({ type: 'json', value: VALUE, at: anySpan });
    if (answered.type === 'json') expect(readSpan(text, answered.at)).toEqual(VALUE);
  });

  it.each<[string, unknown]>([
    ['42', 42],
    ['```json\n"APPROVE"\n```', 'APPROVE'],
    ['```\n[1, 2]\n```', [1, 2]],
    ['They are:\n[1, 2]', [1, 2]],
    ['The only one is [3].', [3]],
    ['{"note": "no <think> here"}\nThat is all.', { note: 'no <think> here' }],
    [String.raw`It is {"a": "}\"]{", "b": [[], {}]}.`, { a: '}"]{', b: [[], {}] }],
  ])('%s', (text, value) => {
    const answered = jsonInAnswer(text);
    expect(answered).toEqual({ type: 'json', value, at: anySpan });
    if (answered.type === 'json') expect(readSpan(text, answered.at)).toEqual(value);
  });
});

describe('JSON in an answer is nobody’s guess where', () => {
  it.each([
    ['there is none', 'I approve.', 'not JSON'],
    ['there is nothing', '', 'not JSON'],
    ['there are braces alone', 'Fill in {name}, {"', 'not JSON'],
    ['two differ', `${DRAFT}\n${JSON_TEXT}`, 'several'],
    ['two code blocks differ', `\`\`\`json\n${DRAFT}\n\`\`\`\nor\n\`\`\`json\n${JSON_TEXT}\n\`\`\``, 'several'],
    ['a sentence differs from the code block', `Not ${DRAFT}:\n\`\`\`json\n${JSON_TEXT}\n\`\`\``, 'several'],
    ['it was thought only', `<think>${DRAFT}</think>\n\nI approve.`, 'not JSON'],
    ['a thought without an end goes on behind it', `<think>\n${DRAFT}\nwould be wrong.`, 'ends within'],
    ['a thought without an end has it in a sentence', `<think>\nSo it is ${DRAFT}`, 'ends within'],
    ['it is cut off', '{"assessment":"APPROVE","issues":["one', 'unfinished'],
    ['it is cut off behind a part that is whole', '[{"a":1},', 'unfinished'],
    ['it is cut off in a code block', '```json\n{"assessment": "APPROVE"', 'unfinished'],
    ['it is broken', '{"assessment":"APPROVE",}', 'broken'],
    ['what is broken has a part that is whole', `{"review": ${JSON_TEXT}, oops}`, 'broken'],
    ['one is broken and another is not', `{"assessment": APPROVE}\n${JSON_TEXT}`, 'broken'],
  ])('%s', (_, text, problem) => {
    expect(jsonInAnswer(text)).toMatchObject({ type: 'unclear', problem: expect.stringContaining(problem) as string });
  });
});

const MIB = 1024 * 1024;
const mebibyteOf = (piece: string) => piece.repeat(MIB / piece.length);

describe('a mebibyte is looked through at once, if it is', () => {
  it.each([
    ['a fence and blank lines', `\`\`\`json${mebibyteOf('\n')}`],
    ['an object, a fence and blank lines', `{"a":1\`\`\`${mebibyteOf('\n')}`],
    ['blank lines and a word', `${mebibyteOf('\n')}x`],
    ['a brace and blanks', `{${mebibyteOf(' ')}`],
    ['brackets', mebibyteOf('[')],
    ['braces', mebibyteOf('{')],
    ['braces and blanks', mebibyteOf('{ ')],
    ['braces and quotes', mebibyteOf('{"')],
    ['braces and escaped quotes', mebibyteOf(String.raw`{"\"`)],
    ['objects without an end', mebibyteOf('{"a":')],
    ['lists without an end', mebibyteOf('[{"a":1},')],
    ['lists of digits', mebibyteOf('[1')],
    ['one number', `[${mebibyteOf('1')}`],
    ['escapes', `{"${mebibyteOf(String.raw`\n`)}`],
    ['small objects', mebibyteOf('{"a":1}')],
    ['backticks', mebibyteOf('`')],
    ['backticks and blanks', mebibyteOf('` ')],
    ['fences', mebibyteOf('```\n')],
    ['fences that nothing closes', mebibyteOf('```a\n')],
    ['fences of text within each other', `${mebibyteOf('```md\n')}\`\`\`\n`],
    ['fences of text in front of blank lines', `${mebibyteOf('```md\n')}${mebibyteOf('\n')}\`\`\`\n`],
    ['fences of text in front of blank lines that nothing closes', mebibyteOf('```md\n') + mebibyteOf('\n')],
    ['fences of text, of all signs', `${mebibyteOf('```md\n~~~md\n````md\n')}\`\`\`\`\n~~~\n`],
    ['ever shorter fences', Array.from({ length: 1400 }, (_, n) => `${'`'.repeat(1400 - n)}a\n`).join('')],
    ['fences and objects', mebibyteOf('```\n{"a":\n')],
    ['thoughts without an end', mebibyteOf('<think>')],
    ['ends of thoughts', mebibyteOf('</think>')],
    ['beginnings of marks', mebibyteOf('<|')],
    ['all of it', mebibyteOf('<think></think>```\n{"a"')],
  ])('%s', (_, text) => {
    // Fractions of a second; what looks back takes hours, and a test has half a minute.
    expect(() => jsonInAnswer(text)).not.toThrow();
  });
});
