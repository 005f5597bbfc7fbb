import { canonical, sha256Hex } from '@countersign/trail'

/** A SHA-256 digest in 64 lower-case hex digits. */
export type Digest = string

/**
 * The digest of a value of a kind: SHA-256 of `countersign/<kind>/v1`, a newline, and the value's RFC 8785 form. The
 * kind keeps two values of different kinds from ever sharing a digest.
 */
export const digestOf = (kind: 'controls' | 'policy' | 'material' | 'snapshot' | 'template', value: unknown): Digest =>
  sha256Hex(`countersign/${kind}/v1\n${canonical(value)}`)
