import { isJsonArray } from '../json/json-fields.js';
import { isJsonObject, ownValue, type JsonValue } from '../json/json.js';
import { shorten } from '../json/preview.js';
import { parsedUrl } from '../parsed-url.js';
import { ModelError } from './model-error.js';
import { pictureTypeOf, TYPE_BYTES } from './picture-type.js';

/** A picture that a model looks at, beside the text. */
export type Picture =
  | { readonly type: 'inline'; readonly mediaType: string; readonly data: string }
  /** At an address, from which its provider or the worker fetches it. */
  | { readonly type: 'linked'; readonly url: string };

/** A picture, and the input that holds it. */
export interface InputPicture {
  readonly name: string;
  readonly picture: Picture;
  /** What its variable says, and everybody who reads the conversation. */
  readonly shown: string;
}

export interface InputWithPictures {
  /** The input as texts have it: what a picture is, and not its bytes. */
  readonly shown: JsonValue;
  readonly pictures: readonly InputPicture[];
}

/** The name of a picture that is the whole input. */
const WHOLE = 'input_data';
const LONGEST_BASE64 = 12 * 1024 * 1024;
const BASE64_UNIT = 4;

/**
 * The pictures of an execution's input: the members, or the input itself, that are a `data:image/…` URL or an object with nothing
 * but `image`, or a list of nothing else than such. Throws ModelError `invalid_request` for what says that it is a picture and is none.
 */
export function takePictures(input: JsonValue): InputWithPictures {
  const whole = readPictures(input, WHOLE);
  const members = (isJsonObject(input) && whole.length === 0 ? Object.entries(input) : []).map(([name, value]) => ({
    name,
    value,
    own: readPictures(value, memberName(name)),
  }));
  const found = [...whole, ...members.flatMap(({ own }) => own)];
  const pictures = found.map((one, index) => ({
    ...one,
    shown: labelOf(one.picture, found.length > 1 ? index + 1 : 0),
  }));
  const labels = pictures.map(({ shown }) => shown);
  if (whole.length > 0) return { shown: shownWhole(input, labels), pictures };
  if (!isJsonObject(input)) return { shown: withoutPictureBytes(input), pictures };
  const shown = members.map(({ name, value, own }) => {
    const words = own.length === 0 ? withoutPictureBytes(value) : shownValue(value, labels.splice(0, own.length));
    return [name, words] as const;
  });
  return { shown: Object.fromEntries(shown), pictures };
}

/** A value in which every `data:image/…` URL, however deep, is what it is in words: its bytes say nothing to anybody. */
export function withoutPictureBytes(value: JsonValue): JsonValue {
  if (typeof value === 'string') return isDataUrl(value) ? shownDataUrl(value) : value;
  if (isJsonArray(value)) return value.map(withoutPictureBytes);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutPictureBytes(member)]));
}

/** How many bytes a picture has; undefined of one that is somewhere else. */
export function pictureBytes(picture: Picture): number | undefined {
  return picture.type === 'inline' ? bytesOf(picture.data) : undefined;
}

/** As providers and `<img>` take a picture that is here. */
export function dataUrlOf({ mediaType, data }: Extract<Picture, { type: 'inline' }>): string {
  return `data:${mediaType};base64,${data}`;
}

/** As a picture is called by its member: one that is called like a place in a list is quoted, so that no two have one name. */
function memberName(member: string): string {
  return member.endsWith(']') ? `[${JSON.stringify(member)}]` : member;
}

/** Those of one member: none, one, or all of a list. */
function readPictures(value: JsonValue, name: string): readonly Omit<InputPicture, 'shown'>[] {
  const image = imageOf(value);
  if (image !== undefined) return [{ name, picture: readPicture(image, name) }];
  if (!isJsonArray(value)) return [];
  const images = value.map(imageOf).filter((one) => one !== undefined);
  // A list that has something else in it is data.
  if (images.length < value.length) return [];
  return images.map((one, index) => {
    const place = `${name}[${index}]`;
    return { name: place, picture: readPicture(one, place) };
  });
}

/** The URL of what says that it is a picture. */
function imageOf(value: JsonValue): string | undefined {
  if (typeof value === 'string') return isDataUrl(value) ? value : undefined;
  if (!isJsonObject(value) || Object.keys(value).length !== 1) return undefined;
  const image = ownValue(value, 'image');
  return typeof image === 'string' && (isDataUrl(image) || /^https?:\/\//i.test(image)) ? image : undefined;
}

function readPicture(image: string, name: string): Picture {
  if (isDataUrl(image)) return readDataUrl(image, name);
  const url = parsedUrl(image);
  if (url === undefined) throw bad(name, 'its address cannot be read');
  if (url.username !== '' || url.password !== '') throw bad(name, 'its address has a user or a password in it');
  return { type: 'linked', url: url.href };
}

function isDataUrl(text: string): boolean {
  return /^data:image\//i.test(text);
}

function readDataUrl(text: string, name: string): Picture {
  const comma = text.indexOf(',');
  const [type = '', ...parameters] = text
    .slice('data:'.length, comma < 0 ? undefined : comma)
    .toLowerCase()
    .split(';');
  const data = comma < 0 ? '' : text.slice(comma + 1);
  const declared = type.trim() === 'image/jpg' ? 'image/jpeg' : type.trim();
  if (declared === 'image/svg+xml') throw bad(name, 'SVG is no picture that models take: give it as PNG or JPEG');
  if (parameters.at(-1)?.trim() !== 'base64') throw bad(name, 'a data URL of a picture has to be base64');
  if (data.length > LONGEST_BASE64) throw bad(name, `it has more than ${LONGEST_BASE64} characters`);
  if (data === '' || data.length % BASE64_UNIT !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    throw bad(name, 'its base64 cannot be read');
  }
  const actual = typeOfBase64(data);
  if (actual === undefined) throw bad(name, 'its bytes are those of no picture');
  if (actual !== declared && !(isHeif(actual) && isHeif(declared)))
    throw bad(name, `it says ${shorten(declared)}, and is ${actual}`);
  return { type: 'inline', mediaType: actual, data };
}

function typeOfBase64(data: string): string | undefined {
  const head = atob(data.slice(0, Math.ceil(TYPE_BYTES / 3) * BASE64_UNIT));
  return pictureTypeOf(Uint8Array.from(head, (character) => character.charCodeAt(0)));
}

function isHeif(type: string): boolean {
  return type === 'image/heic' || type === 'image/heif';
}

function bad(name: string, problem: string): ModelError {
  return new ModelError('invalid_request', `The input "${shorten(name)}" is no picture: ${problem}.`);
}

function bytesOf(data: string): number {
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return (data.length / BASE64_UNIT) * 3 - padding;
}

function labelOf(picture: Picture, number: number): string {
  const what =
    picture.type === 'linked' ? shownUrl(picture.url) : `${picture.mediaType}, ${sizeText(bytesOf(picture.data))}`;
  return `[picture${number === 0 ? '' : ` ${number}`}: ${what}]`;
}

/** Without its query, which may open something. */
function shownUrl(address: string): string {
  const { origin, pathname } = new URL(address);
  return shorten(`${origin}${pathname}`);
}

/** Also of one that is no picture: it is only named. */
function shownDataUrl(text: string): string {
  const [type = ''] = text.slice('data:'.length, 'data:'.length + 60).split(/[;,]/);
  return `[picture: ${type}, ${sizeText(bytesOf(text.slice(text.indexOf(',') + 1)))}]`;
}

function sizeText(bytes: number): string {
  return bytes < 1024 ? `${Math.max(0, Math.round(bytes))} bytes` : `${Math.round(bytes / 1024)} KB`;
}

/** `{"image": …}` as the whole input is an input of that name, too. */
function shownWhole(input: JsonValue, labels: readonly string[]): JsonValue {
  return isJsonObject(input) ? { image: labels.join(' ') } : shownValue(input, labels);
}

function shownValue(value: JsonValue, labels: readonly string[]): JsonValue {
  return isJsonArray(value) ? labels : labels.join(' ');
}
