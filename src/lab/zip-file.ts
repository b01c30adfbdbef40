/** Writes a zip archive with one file, as .NET writes one into a stream: sizes behind the data. */
import { crc32, deflateRawSync } from 'node:zlib';

/** How to write it; by default as small archives are. */
export interface ZipForm {
  /** Sizes behind the data, as in a stream; otherwise in the header. Default true. */
  readonly sizesFollow?: boolean;
  /** Zip64 records though nothing needs them. */
  readonly zip64?: boolean;
  /** How often the file is in it. Default 1. */
  readonly files?: number;
}

/** The archive of a file. PKWARE APPNOTE.TXT 6.3.10, 4.3. */
export function zipFile(name: string, content: string | Buffer, form: ZipForm = {}): Buffer {
  const { sizesFollow = true, zip64 = false, files = 1 } = form;
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const packed = deflateRawSync(bytes);
  const facts = {
    name: Buffer.from(name),
    crc: crc32(bytes),
    packed: packed.length,
    bytes: bytes.length,
    sizesFollow,
    zip64,
  };
  const local = Array.from({ length: files }, () =>
    Buffer.concat([localHeader(facts), packed, sizesFollow ? descriptor(facts) : Buffer.alloc(0)]),
  );
  const directory = Array.from({ length: files }, (_, nth) => centralHeader(facts, nth * local[0]!.length));
  const start = local.reduce((sum, part) => sum + part.length, 0);
  const directoryBytes = Buffer.concat(directory);
  return Buffer.concat([...local, directoryBytes, endRecords(files, start, directoryBytes.length, zip64)]);
}

interface Facts {
  readonly name: Buffer;
  readonly crc: number;
  readonly packed: number;
  readonly bytes: number;
  readonly sizesFollow: boolean;
  readonly zip64: boolean;
}

const IN_ZIP64 = 0xffffffff;

function sizesExtra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  for (const [nth, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + nth * 8);
  return extra;
}

function localHeader({ name, crc, packed, bytes, sizesFollow, zip64 }: Facts): Buffer {
  const extra = zip64 && !sizesFollow ? sizesExtra([bytes, packed]) : Buffer.alloc(0);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(zip64 ? 45 : 20, 4);
  head.writeUInt16LE(sizesFollow ? 8 : 0, 6);
  head.writeUInt16LE(8, 8);
  if (!sizesFollow) {
    head.writeUInt32LE(crc, 14);
    head.writeUInt32LE(zip64 ? IN_ZIP64 : packed, 18);
    head.writeUInt32LE(zip64 ? IN_ZIP64 : bytes, 22);
  }
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, name, extra]);
}

function descriptor({ crc, packed, bytes, zip64 }: Facts): Buffer {
  const record = Buffer.alloc(zip64 ? 24 : 16);
  record.writeUInt32LE(0x08074b50, 0);
  record.writeUInt32LE(crc, 4);
  if (zip64) {
    record.writeBigUInt64LE(BigInt(packed), 8);
    record.writeBigUInt64LE(BigInt(bytes), 16);
  } else {
    record.writeUInt32LE(packed, 8);
    record.writeUInt32LE(bytes, 12);
  }
  return record;
}

function centralHeader({ name, crc, packed, bytes, sizesFollow, zip64 }: Facts, offset: number): Buffer {
  const extra = zip64 ? sizesExtra([bytes, packed]) : Buffer.alloc(0);
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(45, 4);
  head.writeUInt16LE(zip64 ? 45 : 20, 6);
  head.writeUInt16LE(sizesFollow ? 8 : 0, 8);
  head.writeUInt16LE(8, 10);
  head.writeUInt32LE(crc, 16);
  head.writeUInt32LE(zip64 ? IN_ZIP64 : packed, 20);
  head.writeUInt32LE(zip64 ? IN_ZIP64 : bytes, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt32LE(offset, 42);
  return Buffer.concat([head, name, extra]);
}

function endRecords(files: number, start: number, size: number, zip64: boolean): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : files, 8);
  end.writeUInt16LE(zip64 ? 0xffff : files, 10);
  end.writeUInt32LE(zip64 ? IN_ZIP64 : size, 12);
  end.writeUInt32LE(zip64 ? IN_ZIP64 : start, 16);
  if (!zip64) return end;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(45, 12);
  end64.writeUInt16LE(45, 14);
  end64.writeBigUInt64LE(BigInt(files), 24);
  end64.writeBigUInt64LE(BigInt(files), 32);
  end64.writeBigUInt64LE(BigInt(size), 40);
  end64.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(start + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}
