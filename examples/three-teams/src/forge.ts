import { type Body, EMPTY_ROOT, encodeUtf8, readEntry, sealEntry } from '@countersign/trail'

/** A trail that somebody has tampered with, and the entry where they did. */
export interface Tampered {
  readonly bytes: Uint8Array
  readonly seq: number
}

const newline = 0x0a

/** The entries of a trail file: each line without its newline. */
export function linesOf(trail: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let from = 0; from < trail.length; ) {
    const end = trail.indexOf(newline, from)
    if (end < 0) throw new RangeError('the trail ends in the middle of a line')
    lines.push(trail.subarray(from, end))
    from = end + 1
  }
  return lines
}

interface Said extends Body {
  readonly by: Record<string, unknown>
  readonly command: { readonly type?: string; readonly change?: string }
  readonly outcome: { readonly accepted?: unknown; readonly refused?: unknown }
}

/** The first entry of a type of command about a change, with this outcome. */
function find(lines: readonly Uint8Array[], type: string, change: string, outcome: 'accepted' | 'refused'): Said {
  for (const line of lines) {
    const body = readEntry(line).body as Said
    if (body.command.type === type && body.command.change === change && outcome in body.outcome) return body
  }
  throw new RangeError(`the trail has no ${outcome} ${type} of ${change}`)
}

/** Changes one byte, as somebody would who opens the file in an editor: the correction of 240,000 euros gets a 9. */
export function changeOneByte(trail: Uint8Array): Tampered {
  const lines = linesOf(trail)
  const { seq } = find(lines, 'submit', 'FIN-111', 'accepted')
  const before = lines.slice(0, seq).reduce((sum, line) => sum + line.length + 1, 0)
  const amount = encodeUtf8('"euros":240000')
  const offset = Buffer.from(trail.buffer, trail.byteOffset, trail.byteLength).indexOf(amount, before)
  if (offset < 0) throw new RangeError('FIN-111 does not say 240000')
  // Not `slice`: that of a Buffer is a view, and the true trail would change with the copy.
  const bytes = Uint8Array.from(trail)
  bytes[offset + '"euros":'.length] = '9'.charCodeAt(0)
  return { bytes, seq }
}

/**
 * Turns the refused self-approval of FIN-104 into an approval that was granted, and seals this entry and every later one
 * anew: all hashes hold again, as they would if somebody with the library at hand rewrote the file. Only the rules can
 * tell, or a checkpoint that somebody else has kept.
 */
export function forgeApproval(trail: Uint8Array): Tampered {
  const lines = linesOf(trail)
  const refused = find(lines, 'approve', 'FIN-104', 'refused')
  const seat = { role: 'engineer', capacity: 'own' }
  const forged: Said = {
    ...refused,
    by: { ...refused.by, as: seat },
    outcome: {
      accepted: [
        { type: 'approval.granted', stage: 'peer', person: 'noor', chain: ['noor'], seats: [seat] },
        { type: 'stage.entered', stage: 'finance' },
      ],
    },
  }
  let prev = EMPTY_ROOT
  const sealed = lines.map((line, seq) => {
    const entry = sealEntry(seq === refused.seq ? forged : readEntry(line).body, prev)
    prev = entry.leafHash
    return entry.bytes
  })
  return { bytes: Buffer.concat(sealed.flatMap(bytes => [bytes, Uint8Array.of(newline)])), seq: refused.seq }
}
