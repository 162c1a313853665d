/** What pictures a model takes in one request. */
export interface PictureLimits {
  /** Media types. */
  readonly types: readonly string[];
  readonly count: number;
  /** Of one picture, and of all together: bytes before they are encoded. */
  readonly bytesEach: number;
  readonly bytesTogether: number;
  /** Its provider fetches pictures at https addresses by itself. */
  readonly fetches: boolean;
}

const MIB = 1024 * 1024;
const COMMON = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const;

/**
 * Providers take more of some of these, up to hundreds of pictures and 50 MB: what a worker holds of a request, several times
 * while it is put together, is bounded here.
 */
const BOUNDS = { count: 20, bytesEach: 5 * MIB, bytesTogether: 8 * MIB } as const;

export const OPENAI_PICTURES: PictureLimits = { ...BOUNDS, types: COMMON, fetches: true };
export const ANTHROPIC_PICTURES: PictureLimits = { ...BOUNDS, types: COMMON, fetches: true };
export const GOOGLE_PICTURES: PictureLimits = {
  ...BOUNDS,
  types: ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'],
  fetches: false,
};
/** The first of its kind: 16 pictures, 4 MB in all. */
export const GEMINI_PRO_VISION_PICTURES: PictureLimits = {
  types: GOOGLE_PICTURES.types,
  count: 16,
  bytesEach: 3 * MIB,
  bytesTogether: 3 * MIB,
  fetches: false,
};
export const OLLAMA_PICTURES: PictureLimits = { ...BOUNDS, types: ['image/png', 'image/jpeg'], fetches: false };
/** Of what compatible servers can do, what all can that take pictures. */
export const COMPATIBLE_PICTURES: PictureLimits = { ...BOUNDS, types: COMMON, fetches: false };

/** Whether a provider fetches the picture at an address by itself. */
export function fetchesPicture({ fetches }: PictureLimits, url: string): boolean {
  return fetches && url.startsWith('https://');
}
