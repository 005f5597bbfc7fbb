/**
 * So many bytes that threads can share, all of them 0. A browser gives such memory only to a page that is isolated from
 * other origins; on any other page it is memory of this thread alone, which serves a single judge as well.
 */
export const shareableMemory = (bytes: number): ArrayBufferLike =>
  typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes)
