/** Where the next newline (0x0a) stands in these bytes, at or after a position; -1 where there is none. */
export function newlineFinder(bytes: Uint8Array): (from: number) => number {
  return from => bytes.indexOf(0x0a, from)
}
