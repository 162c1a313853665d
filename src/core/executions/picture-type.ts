/** Enough of a picture to know its type. */
export const TYPE_BYTES = 32;

interface Beginning {
  readonly type: string;
  /** What stands at which place of the first bytes, as Latin-1. */
  readonly signs: readonly (readonly [number, string])[];
}

const BEGINNINGS: readonly Beginning[] = [
  { type: 'image/png', signs: [[0, '\u0089PNG\r\n\u001a\n']] },
  { type: 'image/jpeg', signs: [[0, '\u00ff\u00d8\u00ff']] },
  ...['GIF87a', 'GIF89a'].map((sign): Beginning => ({ type: 'image/gif', signs: [[0, sign]] })),
  {
    type: 'image/webp',
    signs: [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  },
  ...boxes('image/heic', ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis']),
  ...boxes('image/heif', ['mif1', 'msf1']),
  ...boxes('image/avif', ['avif', 'avis']),
  { type: 'image/bmp', signs: [[0, 'BM']] },
  ...['II*\0', 'MM\0*'].map((sign): Beginning => ({ type: 'image/tiff', signs: [[0, sign]] })),
];

/** The media type that the first bytes of a file say it has, undefined where they are no picture's. */
export function pictureTypeOf(bytes: Uint8Array): string | undefined {
  const first = Array.from(bytes.subarray(0, TYPE_BYTES), (byte) => String.fromCharCode(byte)).join('');
  return BEGINNINGS.find(({ signs }) => signs.every(([at, sign]) => first.startsWith(sign, at)))?.type;
}

function boxes(type: string, brands: readonly string[]): readonly Beginning[] {
  return brands.map((brand) => ({ type, signs: [[4, `ftyp${brand}`]] }));
}
