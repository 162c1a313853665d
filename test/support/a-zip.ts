import { crc32 } from 'node:zlib';

/** A ZIP file with these members, stored as they are. */
export function aZip(members: Readonly<Record<string, string>>): Buffer {
  let offset = 0;
  const files = Object.entries(members).map(([name, content]) => {
    const head = fieldsOf(name, content);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from(name), Buffer.from(content)]);
    const [at, length] = [offset, local.length];
    offset += length;
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    return { local, entry: Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), head, tail, Buffer.from(name)]) };
  });
  const directory = Buffer.concat(files.map(({ entry }) => entry));
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files.map(({ local }) => local), directory, end]);
}

/** What the header before a member and the directory at the end have in common. */
function fieldsOf(name: string, content: string): Buffer {
  const size = Buffer.byteLength(content);
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(size, 14);
  fields.writeUInt32LE(size, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  return fields;
}
