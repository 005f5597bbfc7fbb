const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const FORM = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Bytes as standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const group =
      ((bytes[at] as number) << 16) |
      ((left > 1 ? (bytes[at + 1] as number) : 0) << 8) |
      (left > 2 ? (bytes[at + 2] as number) : 0)
    text += DIGITS.charAt(group >> 18) + DIGITS.charAt((group >> 12) & 63)
    text += left > 1 ? DIGITS.charAt((group >> 6) & 63) : '='
    text += left > 2 ? DIGITS.charAt(group & 63) : '='
  }
  return text
}

/**
 * The bytes of standard base64 with padding, or `undefined` where it is another alphabet, lacks padding, holds white
 * space, or has bits set in the padding (RFC 4648 §3.5): each value has one spelling.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!FORM.test(text)) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  for (let at = 0, to = 0; at < text.length; at += 4, to += 3) {
    let group = 0
    for (let digit = 0; digit < 4; digit++) group = (group << 6) | Math.max(0, DIGITS.indexOf(text.charAt(at + digit)))
    bytes[to] = group >> 16
    if (to + 1 < bytes.length) bytes[to + 1] = group >> 8
    if (to + 2 < bytes.length) bytes[to + 2] = group
  }
  return toBase64(bytes) === text ? bytes : undefined
}
