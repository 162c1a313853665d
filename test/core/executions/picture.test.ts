import { describe, expect, it } from 'vitest';

import type { JsonValue } from '../../../src/core/json/json.js';
import { pictureBytes, takePictures, withoutPictureBytes } from '../../../src/core/executions/picture.js';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PNG_URL = `data:image/png;base64,${PNG}`;
const base64 = (bytes: string) => btoa(bytes.padEnd(60, '\0'));

describe('the pictures of an input', () => {
  it('are its members that say so, and what is shown of them has none of their bytes', () => {
    const { shown, pictures } = takePictures({ question: 'What is it?', photo: PNG_URL, note: { a: 1 } });
    expect(pictures).toMatchObject([{ name: 'photo', picture: { type: 'inline', mediaType: 'image/png', data: PNG } }]);
    expect(shown).toEqual({ question: 'What is it?', photo: '[picture: image/png, 70 bytes]', note: { a: 1 } });
  });

  it('may be at an address, of which the query is shown to nobody', () => {
    const { shown, pictures } = takePictures({ photo: { image: 'https://shop.example/7.png?key=sesame' } });
    expect(pictures[0]?.picture).toEqual({ type: 'linked', url: 'https://shop.example/7.png?key=sesame' });
    expect(shown).toEqual({ photo: '[picture: https://shop.example/7.png]' });
  });

  it('are told apart where there are several', () => {
    const { shown } = takePictures({ a: PNG_URL, b: { image: PNG_URL } });
    expect(shown).toEqual({ a: '[picture 1: image/png, 70 bytes]', b: '[picture 2: image/png, 70 bytes]' });
  });

  it('may be the whole input', () => {
    expect(takePictures(PNG_URL)).toMatchObject({ shown: '[picture: image/png, 70 bytes]', pictures: [{}] });
    expect(takePictures({ image: 'https://shop.example/7.png' }).shown).toEqual({
      image: '[picture: https://shop.example/7.png]',
    });
  });

  it('may come in lists of nothing else, in a member or as the whole input', () => {
    const linked = { image: 'https://shop.example/7.png' };
    const { shown, pictures } = takePictures({ cover: PNG_URL, pages: [PNG_URL, linked], tags: [] });
    expect(pictures.map(({ name, picture }) => [name, picture.type])).toEqual([
      ['cover', 'inline'],
      ['pages[0]', 'inline'],
      ['pages[1]', 'linked'],
    ]);
    expect(shown).toEqual({
      cover: '[picture 1: image/png, 70 bytes]',
      pages: ['[picture 2: image/png, 70 bytes]', '[picture 3: https://shop.example/7.png]'],
      tags: [],
    });
    expect(takePictures([PNG_URL])).toMatchObject({
      shown: ['[picture: image/png, 70 bytes]'],
      pictures: [{ name: 'input_data[0]' }],
    });
    expect(() => takePictures({ pages: [PNG_URL, `${PNG_URL}!`] })).toThrow(/^The input "pages\[1\]" is no picture/);
    expect(takePictures({ mixed: [PNG_URL, 'and text'] })).toEqual({
      shown: { mixed: ['[picture: image/png, 70 bytes]', 'and text'] },
      pictures: [],
    });
  });

  it('have a name each, whatever the members are called', () => {
    const input = {
      pages: [PNG_URL, PNG_URL],
      'pages[0]': PNG_URL,
      'pages[1]': [PNG_URL],
      '["pages[0]"]': PNG_URL,
      '["pages[1]"][0]': PNG_URL,
      ']': PNG_URL,
    };
    const names = takePictures(input).pictures.map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(['pages[0]', 'pages[1]', '["pages[0]"]', '["pages[1]"][0]']);
    expect(new Set(names).size).toBe(7);
  });

  it.each<[string, JsonValue]>([
    ['text that speaks of one', 'see data:image/png;base64,AAAA'],
    ['an address alone', { photo: 'https://shop.example/7.png' }],
    ['an object with more', { photo: { image: 'https://shop.example/7.png', alt: 'x' } }],
    ['the name of a file', { photo: { image: 'cat.png' } }],
  ])('are not %s', (_what, input) => {
    expect(takePictures(input)).toEqual({ shown: input, pictures: [] });
  });

  it.each([
    ['png', base64('\x89PNG\r\n\x1a\n')],
    ['jpeg', base64('\xff\xd8\xff\xe0')],
    ['jpg', base64('\xff\xd8\xff\xe0')],
    ['gif', base64('GIF89a')],
    ['webp', base64('RIFF\0\0\0\0WEBP')],
    ['heic', base64('\0\0\0\x18ftypheic')],
  ])('may be image/%s', (type, data) => {
    expect(takePictures({ a: `data:image/${type};base64,${data}` }).pictures).toHaveLength(1);
  });

  it.each([
    ['bytes of no picture', `data:image/png;base64,${base64('<html>')}`, /bytes are those of no picture/],
    ['bytes of another type', `data:image/jpeg;base64,${PNG}`, /says image\/jpeg, and is image\/png/],
    ['SVG', `data:image/svg+xml;base64,${base64('<svg>')}`, /SVG is no picture that models take/],
    ['no base64', 'data:image/png,%89PNG', /has to be base64/],
    ['base64 that is broken', `data:image/png;base64,${PNG}!`, /base64 cannot be read/],
    ['base64 that is cut', `data:image/png;base64,${PNG.slice(0, -3)}`, /base64 cannot be read/],
    ['nothing', 'data:image/png;base64,', /base64 cannot be read/],
    ['no comma', 'data:image/png;base64', /base64 cannot be read/],
    ['20 MB', `data:image/png;base64,${'A'.repeat(20_000_000)}`, /more than 12582912 characters/],
    ['an address with a password', { image: 'https://u:p@shop.example/' }, /user or a password/],
  ])('are refused where they are none: %s', (_what, value, problem) => {
    expect(() => takePictures({ photo: value })).toThrow(problem);
    expect(() => takePictures({ photo: value })).toThrow(/^The input "photo" is no picture/);
  });

  it('are named wherever they are deeper, and are no pictures there', () => {
    const input = { doc: { pages: [PNG_URL, 'text'] } };
    expect(takePictures(input)).toEqual({
      shown: { doc: { pages: ['[picture: image/png, 70 bytes]', 'text'] } },
      pictures: [],
    });
    expect(withoutPictureBytes(['data:image/x,nonsense'])).toEqual([expect.stringMatching(/^\[picture: image\/x, /)]);
  });

  it('have as many bytes as their base64 says', () => {
    expect(pictureBytes({ type: 'inline', mediaType: 'image/png', data: PNG })).toBe(70);
    expect(pictureBytes({ type: 'linked', url: 'https://shop.example/' })).toBeUndefined();
  });
});
