/** What a disk writes whole or not at all. */
const SECTOR = 512

/**
 * Whether these bytes, which stand at the byte `offset` of a file, are what was written, but for sectors that did not arrive: the
 * file had grown, and they hold zeros. A sector that was written in two halves may have kept its first, so zeros are all of it
 * or its end. What was written holds no zero.
 */
export function arrivedBySectors(bytes: Uint8Array, offset: number): boolean {
  for (let from = 0; from < bytes.length; ) {
    const to = from + SECTOR - ((offset + from) % SECTOR)
    const sector = bytes.subarray(from, to)
    const zero = sector.indexOf(0)
    if (zero !== -1 && sector.subarray(zero).some(byte => byte !== 0)) return false
    from = to
  }
  return true
}

/** Whether a line has these bytes from a place on, as far as it reaches, or zeros in their place. */
export function agrees(line: Uint8Array, bytes: Uint8Array, from: number): boolean {
  return bytes.every((byte, place) => [byte, 0, undefined].includes(line[from + place]))
}
