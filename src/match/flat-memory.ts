/** Growing flat memory without leaving the smaller copy to the garbage collector: it would wait there, outside the heap it watches. */

/** Rows from which on there is room for a quarter more, and no longer for as many again. */
const MANY = 2 ** 18;

/** How many rows there is to be room for when there is none for more than these. */
export function grownRoom(rows: number): number {
  return rows < MANY ? rows * 2 : Math.ceil(rows * 1.25);
}

/** ECMAScript 2024, in Node.js since 21: moves the bytes and lets go of the old memory at once. */
interface TransferableBuffer {
  transfer(byteLength: number): ArrayBuffer;
}

function transferred(array: { readonly buffer: ArrayBuffer }, byteLength: number): ArrayBuffer {
  return (array.buffer as unknown as TransferableBuffer).transfer(byteLength);
}

/** A larger array with the same beginning, zeros after it; the old one is empty from now on. */
export function grownInt32(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  return new Int32Array(transferred(array, length * Int32Array.BYTES_PER_ELEMENT));
}

/** As {@link grownInt32}. */
export function grownFloat64(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(transferred(array, length * Float64Array.BYTES_PER_ELEMENT));
}
